module shop.example/checkout

go 1.22

require (
	github.com/IBM/sarama v1.43.3
	github.com/google/uuid v1.6.0
	github.com/prometheus/client_golang v1.20.4
	go.opentelemetry.io/contrib/instrumentation/google.golang.org/grpc/otelgrpc v0.55.0
	go.opentelemetry.io/otel v1.30.0
	go.opentelemetry.io/otel/trace v1.30.0
	google.golang.org/grpc v1.66.2
	google.golang.org/protobuf v1.34.2
)
