// Checkout turns a cart into an order: it prices the items, charges the card,
// books the shipment and tells the rest of the company about the order.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/IBM/sarama"
	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
	"go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "shop.example/checkout/genproto"
	"shop.example/checkout/kafka"
	"shop.example/checkout/money"
)

const (
	// One order holds a connection of the pool from its first HTTP call until
	// the response body is closed.
	defaultMaxConnsPerHost = 128
	defaultHTTPTimeout     = 8 * time.Second
	defaultProduceTimeout  = 10 * time.Second
	defaultOrderTimeout    = 12 * time.Second
	eventOrderPlaced       = "order.placed.v3"
)

var (
	ordersPlaced = promauto.NewCounterVec(prometheus.CounterOpts{
		Name: "checkout_orders_placed_total",
		Help: "Orders by result.",
	}, []string{"result"})

	stepSeconds = promauto.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "checkout_step_duration_seconds",
		Help:    "Time spent in each step of PlaceOrder.",
		Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 15},
	}, []string{"step"})
)

// checkout holds the clients of every service that an order needs.
type checkout struct {
	pb.UnimplementedCheckoutServiceServer

	shippingURL string
	emailURL    string

	cart     pb.CartServiceClient
	catalog  pb.ProductCatalogServiceClient
	currency pb.CurrencyServiceClient
	payment  pb.PaymentServiceClient

	http     *http.Client
	producer sarama.SyncProducer
	log      *slog.Logger

	orderTimeout time.Duration
}

// orderDraft is an order before it has been paid for.
type orderDraft struct {
	items        []*pb.OrderItem
	cartItems    []*pb.CartItem
	shippingCost *pb.Money
}

// shipment is what the shipping service answered. Its label is a stream: the
// body stays open until somebody has read or dropped it.
type shipment struct {
	TrackingID string
	label      io.ReadCloser
}

// Close drops the label and gives the connection back to the pool.
func (s *shipment) Close() {
	if s != nil && s.label != nil {
		_, _ = io.Copy(io.Discard, s.label)
		_ = s.label.Close()
	}
}

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{Level: slog.LevelInfo}))
	if err := run(log); err != nil {
		log.Error("checkout stopped", "error", err)
		os.Exit(1)
	}
}

func run(log *slog.Logger) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()

	shutdown, err := setupTelemetry(ctx, "checkout")
	if err != nil {
		return fmt.Errorf("telemetry: %w", err)
	}
	defer shutdown(context.Background())

	cs, err := newCheckout(log)
	if err != nil {
		return err
	}
	defer cs.producer.Close()

	listener, err := net.Listen("tcp", ":"+mustEnv("CHECKOUT_PORT"))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}

	server := grpc.NewServer(grpc.StatsHandler(otelgrpc.NewServerHandler()))
	pb.RegisterCheckoutServiceServer(server, cs)
	healthpb.RegisterHealthServer(server, health.NewServer())

	go func() {
		<-ctx.Done()
		log.Info("draining")
		server.GracefulStop()
	}()

	log.Info("listening", "address", listener.Addr().String())
	return server.Serve(listener)
}

func newCheckout(log *slog.Logger) (*checkout, error) {
	cs := &checkout{
		log:          log,
		shippingURL:  mustEnv("SHIPPING_ADDR"),
		emailURL:     mustEnv("EMAIL_ADDR"),
		orderTimeout: envDuration("CHECKOUT_ORDER_TIMEOUT", defaultOrderTimeout),
	}

	for _, target := range []struct {
		name string
		bind func(grpc.ClientConnInterface)
	}{
		{"CART_ADDR", func(c grpc.ClientConnInterface) { cs.cart = pb.NewCartServiceClient(c) }},
		{"PRODUCT_CATALOG_ADDR", func(c grpc.ClientConnInterface) { cs.catalog = pb.NewProductCatalogServiceClient(c) }},
		{"CURRENCY_ADDR", func(c grpc.ClientConnInterface) { cs.currency = pb.NewCurrencyServiceClient(c) }},
		{"PAYMENT_ADDR", func(c grpc.ClientConnInterface) { cs.payment = pb.NewPaymentServiceClient(c) }},
	} {
		conn, err := dial(mustEnv(target.name))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", target.name, err)
		}
		target.bind(conn)
	}

	cs.http = newHTTPClient(
		envInt("CHECKOUT_MAX_CONNS_PER_HOST", defaultMaxConnsPerHost),
		envDuration("CHECKOUT_HTTP_TIMEOUT", defaultHTTPTimeout),
	)

	producer, err := kafka.NewProducer(kafka.Config{
		Brokers: []string{mustEnv("KAFKA_ADDR")},
		Timeout: envDuration("CHECKOUT_PRODUCE_TIMEOUT", defaultProduceTimeout),
		Acks:    sarama.WaitForAll,
		Log:     log,
	})
	if err != nil {
		return nil, fmt.Errorf("kafka: %w", err)
	}
	cs.producer = producer
	return cs, nil
}

// newHTTPClient makes the one client for shipping and email. MaxConnsPerHost is
// a hard limit: the caller waits for a free connection as long as its context
// lets it.
func newHTTPClient(maxConns int, timeout time.Duration) *http.Client {
	transport := &http.Transport{
		MaxConnsPerHost:       maxConns,
		MaxIdleConnsPerHost:   maxConns,
		IdleConnTimeout:       90 * time.Second,
		ResponseHeaderTimeout: timeout,
		DialContext: (&net.Dialer{
			Timeout:   2 * time.Second,
			KeepAlive: 30 * time.Second,
		}).DialContext,
	}
	return &http.Client{Transport: transport}
}

func dial(address string) (*grpc.ClientConn, error) {
	return grpc.NewClient(address,
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithStatsHandler(otelgrpc.NewClientHandler()),
	)
}

func mustEnv(name string) string {
	value := os.Getenv(name)
	if value == "" {
		panic(fmt.Sprintf("%s is not set", name))
	}
	return value
}

func envInt(name string, fallback int) int {
	value, err := strconv.Atoi(os.Getenv(name))
	if err != nil || value <= 0 {
		return fallback
	}
	return value
}

func envDuration(name string, fallback time.Duration) time.Duration {
	value, err := time.ParseDuration(os.Getenv(name))
	if err != nil || value <= 0 {
		return fallback
	}
	return value
}

// step measures one step of an order and names it in the trace.
func step(ctx context.Context, name string) func() {
	span := trace.SpanFromContext(ctx)
	span.AddEvent(name)
	start := time.Now()
	return func() {
		stepSeconds.WithLabelValues(name).Observe(time.Since(start).Seconds())
	}
}

// Quote prices a cart without ordering it.
func (cs *checkout) Quote(ctx context.Context, req *pb.QuoteRequest) (*pb.QuoteResponse, error) {
	draft, err := cs.prepareOrder(ctx, req.GetUserId(), req.GetUserCurrency(), req.GetAddress())
	if err != nil {
		return nil, status.Errorf(codes.Internal, "quote: %v", err)
	}
	total, err := sumOf(draft, req.GetUserCurrency())
	if err != nil {
		return nil, status.Errorf(codes.Internal, "quote: %v", err)
	}
	return &pb.QuoteResponse{Total: total, ShippingCost: draft.shippingCost}, nil
}

// sumOf adds the items and the shipping of a draft.
func sumOf(draft *orderDraft, currency string) (*pb.Money, error) {
	total := &pb.Money{CurrencyCode: currency}
	total, err := money.Sum(total, draft.shippingCost)
	if err != nil {
		return nil, err
	}
	for _, item := range draft.items {
		line := money.MultiplySlow(item.GetCost(), uint32(item.GetItem().GetQuantity()))
		if total, err = money.Sum(total, line); err != nil {
			return nil, err
		}
	}
	return total, nil
}

// fail counts the failure, marks the span and makes the error for the caller.
func (cs *checkout) fail(span trace.Span, at string, code codes.Code, err error) error {
	ordersPlaced.WithLabelValues("failed_" + at).Inc()
	span.RecordError(err)
	span.SetAttributes(attribute.String("app.order.failed_at", at))
	cs.log.Error("order failed", "step", at, "error", err)
	return status.Errorf(code, "%s: %v", at, err)
}

// convert leaves amounts alone that are in the right currency already.
func (cs *checkout) convert(ctx context.Context, from *pb.Money, to string) (*pb.Money, error) {
	if from.GetCurrencyCode() == to {
		return from, nil
	}
	return cs.currency.Convert(ctx, &pb.CurrencyConversionRequest{From: from, ToCode: to})
}

func (cs *checkout) getUserCart(ctx context.Context, userID string) ([]*pb.CartItem, error) {
	cart, err := cs.cart.GetCart(ctx, &pb.GetCartRequest{UserId: userID})
	if err != nil {
		return nil, err
	}
	return cart.GetItems(), nil
}

// PlaceOrder takes one cart through to an order. The steps, in this order: read
// the cart and price it, charge the card, book the parcel, empty the cart, send
// the confirmation, hand the order to the post processors over Kafka.
//
// A failed step ends the order; nothing that was done before it is undone. The
// caller sees one error whatever the step was, and a second attempt starts over
// with whatever is in the cart by then. See docs/orders.md for what each of the
// services does with an order.
func (cs *checkout) PlaceOrder(ctx context.Context, req *pb.PlaceOrderRequest) (*pb.PlaceOrderResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, cs.orderTimeout)
	defer cancel()
	span := trace.SpanFromContext(ctx)
	span.SetAttributes(
		attribute.String("app.user.id", req.GetUserId()),
		attribute.String("app.user.currency", req.GetUserCurrency()),
	)
	orderID := uuid.NewString()
	log := cs.log.With("order_id", orderID, "user_id", req.GetUserId())

	draft, err := cs.prepareOrder(ctx, req.GetUserId(), req.GetUserCurrency(), req.GetAddress())
	if err != nil {
		return nil, cs.fail(span, "prepare", codes.Internal, err)
	}
	total, err := sumOf(draft, req.GetUserCurrency())
	if err != nil {
		return nil, cs.fail(span, "total", codes.Internal, err)
	}
	transaction, err := cs.chargeCard(ctx, total, req.GetCreditCard())
	if err != nil {
		return nil, cs.fail(span, "charge", codes.FailedPrecondition, err)
	}
	log.Info("payment went through", "transaction_id", transaction)

	// From here on the customer has paid: an error below this line is an order
	// that somebody has to look for by hand.
	parcel, err := cs.shipOrder(ctx, req.GetAddress(), draft.cartItems)
	if err != nil {
		return nil, cs.fail(span, "ship", codes.Unavailable, err)
	}
	// The label is read by the packing desk once the order is final, so its
	// connection stays open until we return.
	defer parcel.Close()

	if err := cs.emptyUserCart(ctx, req.GetUserId()); err != nil {
		log.Warn("cart not emptied", "error", err)
	}

	order := &pb.OrderResult{
		OrderId:            orderID,
		ShippingTrackingId: parcel.TrackingID,
		ShippingCost:       draft.shippingCost,
		ShippingAddress:    req.GetAddress(),
		Items:              draft.items,
	}
	span.SetAttributes(
		attribute.String("app.order.id", orderID),
		attribute.String("app.shipping.tracking_id", parcel.TrackingID),
		attribute.Int("app.order.items", len(draft.items)),
	)

	if err := cs.sendConfirmation(ctx, req.GetEmail(), order); err != nil {
		// The order stands without its e-mail; the customer finds it in the
		// account page, and support can send it again from there.
		log.Warn("confirmation e-mail not sent", "error", err)
	}

	// Accounting, loyalty, fraud detection and the warehouse learn of the order
	// from the topic. It is not an order for them before it is there.
	event, err := proto.Marshal(&pb.OrderPlaced{
		Schema:        eventOrderPlaced,
		Order:         order,
		Total:         total,
		TransactionId: transaction,
		PlacedAtMs:    time.Now().UnixMilli(),
	})
	if err != nil {
		return nil, cs.fail(span, "encode", codes.Internal, err)
	}
	if err := cs.sendToPostProcessor(ctx, orderID, event); err != nil {
		log.Error("order not handed over", "error", err, "transaction_id", transaction)
		return nil, cs.fail(span, "publish", codes.Unavailable, err)
	}

	ordersPlaced.WithLabelValues("ok").Inc()
	log.Info("order placed", "amount", money.Format(total), "items", len(draft.items))
	return &pb.PlaceOrderResponse{Order: order}, nil
}

func (cs *checkout) prepareOrder(ctx context.Context, userID, currency string, to *pb.Address) (*orderDraft, error) {
	defer step(ctx, "prepare")()
	cartItems, err := cs.getUserCart(ctx, userID)
	if err != nil {
		return nil, fmt.Errorf("cart: %w", err)
	}
	if len(cartItems) == 0 {
		return nil, fmt.Errorf("cart of %s is empty", userID)
	}
	items := make([]*pb.OrderItem, 0, len(cartItems))
	for _, entry := range cartItems {
		product, err := cs.catalog.GetProduct(ctx, &pb.GetProductRequest{Id: entry.GetProductId()})
		if err != nil {
			return nil, fmt.Errorf("product %s: %w", entry.GetProductId(), err)
		}
		price, err := cs.convert(ctx, product.GetPrice(), currency)
		if err != nil {
			return nil, fmt.Errorf("price of %s: %w", entry.GetProductId(), err)
		}
		items = append(items, &pb.OrderItem{Item: entry, Cost: price})
	}
	cost, err := cs.quoteShipping(ctx, to, cartItems)
	if err != nil {
		return nil, fmt.Errorf("shipping quote: %w", err)
	}
	converted, err := cs.convert(ctx, cost, currency)
	if err != nil {
		return nil, fmt.Errorf("shipping cost: %w", err)
	}
	return &orderDraft{items: items, cartItems: cartItems, shippingCost: converted}, nil
}

func (cs *checkout) emptyUserCart(ctx context.Context, userID string) error {
	defer step(ctx, "empty_cart")()
	_, err := cs.cart.EmptyCart(ctx, &pb.EmptyCartRequest{UserId: userID})
	return err
}

func (cs *checkout) chargeCard(ctx context.Context, amount *pb.Money, card *pb.CreditCardInfo) (string, error) {
	defer step(ctx, "charge")()
	answer, err := cs.payment.Charge(ctx, &pb.ChargeRequest{Amount: amount, CreditCard: card})
	if err != nil {
		return "", err
	}
	return answer.GetTransactionId(), nil
}

func (cs *checkout) quoteShipping(ctx context.Context, to *pb.Address, items []*pb.CartItem) (*pb.Money, error) {
	answer, err := cs.post(ctx, cs.shippingURL+"/quote", map[string]any{"address": to, "items": items})
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	cost := &pb.Money{}
	return cost, json.NewDecoder(answer.Body).Decode(cost)
}

func (cs *checkout) shipOrder(ctx context.Context, to *pb.Address, items []*pb.CartItem) (*shipment, error) {
	defer step(ctx, "ship")()
	answer, err := cs.post(ctx, cs.shippingURL+"/ship", map[string]any{"address": to, "items": items})
	if err != nil {
		return nil, err
	}
	return &shipment{TrackingID: answer.Header.Get("X-Tracking-Id"), label: answer.Body}, nil
}

func (cs *checkout) sendConfirmation(ctx context.Context, email string, order *pb.OrderResult) error {
	defer step(ctx, "confirm")()
	answer, err := cs.post(ctx, cs.emailURL+"/order-confirmation", map[string]any{"email": email, "order": order})
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

// sendToPostProcessor puts the order on the topic and waits for the broker's
// acknowledgement.
func (cs *checkout) sendToPostProcessor(ctx context.Context, orderID string, event []byte) error {
	defer step(ctx, "publish")()
	message := &sarama.ProducerMessage{
		Topic: kafka.OrdersTopic,
		Key:   sarama.StringEncoder(orderID),
		Value: sarama.ByteEncoder(event),
	}
	start := time.Now()
	partition, offset, err := cs.producer.SendMessage(message)
	if err != nil {
		return fmt.Errorf("kafka: failed to produce to %s after %s: %w", kafka.OrdersTopic, time.Since(start).Round(time.Millisecond), err)
	}
	trace.SpanFromContext(ctx).SetAttributes(
		attribute.Int("messaging.kafka.partition", int(partition)),
		attribute.Int64("messaging.kafka.offset", offset),
	)
	return nil
}

func (cs *checkout) post(ctx context.Context, url string, body any) (*http.Response, error) {
	payload, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(payload))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := cs.http.Do(request)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("%s answered %d", url, answer.StatusCode)
	}
	return answer, nil
}
