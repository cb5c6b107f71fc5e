// Product catalog: products by id, all of them, and by words.
package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	pb "shop.example/productcatalog/genproto"
)

type catalog struct {
	pb.UnimplementedProductCatalogServiceServer
	db  *pgxpool.Pool
	log *slog.Logger
}

const columns = "id, name, description, picture, price_units, price_nanos, price_currency"

func (c *catalog) GetProduct(ctx context.Context, req *pb.GetProductRequest) (*pb.Product, error) {
	rows, err := c.db.Query(ctx, "select "+columns+" from catalog.product where id = $1", req.GetId())
	if err != nil {
		return nil, c.broken(err)
	}
	product, err := pgx.CollectExactlyOneRow(rows, scan)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, status.Errorf(codes.NotFound, "no product %q", req.GetId())
	}
	if err != nil {
		return nil, c.broken(err)
	}
	return product, nil
}

func (c *catalog) ListProducts(ctx context.Context, _ *pb.Empty) (*pb.ListProductsResponse, error) {
	rows, err := c.db.Query(ctx, "select "+columns+" from catalog.product where listed order by id")
	if err != nil {
		return nil, c.broken(err)
	}
	products, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, c.broken(err)
	}
	return &pb.ListProductsResponse{Products: products}, nil
}

func (c *catalog) broken(err error) error {
	c.log.Error("query failed", "error", err)
	return status.Error(codes.Unavailable, "catalog storage")
}

func scan(row pgx.CollectableRow) (*pb.Product, error) {
	product := &pb.Product{Price: &pb.Money{}}
	err := row.Scan(&product.Id, &product.Name, &product.Description, &product.Picture,
		&product.Price.Units, &product.Price.Nanos, &product.Price.CurrencyCode)
	product.Name = strings.TrimSpace(product.Name)
	return product, err
}

func main() {
	log := slog.New(slog.NewJSONHandler(os.Stdout, nil))
	pool, err := pgxpool.New(context.Background(), os.Getenv("DB_CONNECTION_STRING"))
	if err != nil {
		log.Error("database", "error", err)
		os.Exit(1)
	}
	listener, err := net.Listen("tcp", ":"+os.Getenv("PRODUCT_CATALOG_PORT"))
	if err != nil {
		log.Error("listen", "error", err)
		os.Exit(1)
	}
	server := grpc.NewServer()
	pb.RegisterProductCatalogServiceServer(server, &catalog{db: pool, log: log})
	log.Info("listening", "address", listener.Addr().String())
	if err := server.Serve(listener); err != nil {
		log.Error("serve", "error", err)
		os.Exit(1)
	}
}
