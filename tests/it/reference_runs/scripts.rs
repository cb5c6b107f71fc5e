//! The scripts of the reference runs. A person played each of them in mind: what is looked at comes before what is known.

use super::player::Do::{
    Acknowledge, Claim, Look, PinLooked, PinShown, Post, Report, Resolve, Shell, Wait,
};
use super::player::Run;

const CARTS: &str = "carts-emptying";
const PAGE: &str = "PD-94018";

/// All runs.
pub const RUNS: &[Run] = &[
    Run {
        name: "carts-emptying.expert",
        scenario: CARTS,
        seed: 7,
        script: &[
            (25, Acknowledge(PAGE)),
            (30, Look("slack", "incidents", "", None)),
            (45, Shell("slack read support -n 15")),
            (60, Shell("kubectl get pods -n shop")),
            (75, Shell("valkey-cli -h valkey-cart INFO memory")),
            (90, Shell("sentry issues checkout")),
            (100, Shell("sentry show CHKOUT-5014")),
            (
                110,
                PinShown(
                    "CHKOUT-5014",
                    "sends to the orders topic time out since 07:30, before every other error",
                ),
            ),
            (
                150,
                Post(
                    "Update: 6 of 10 orders fail in checkout since 09:15. Customers are charged, find an empty cart and no order. Valkey is healthy (23 %, nothing evicted); the first errors were sends to Kafka at 07:30. Following that.",
                ),
            ),
            (
                170,
                Look(
                    "metrics",
                    "net_http_transport_conns_per_host{service=\"checkout\"}",
                    "360m",
                    None,
                ),
            ),
            (
                180,
                PinLooked(
                    "email.shop",
                    "checkout holds 64 of 64 connections since 09:15",
                ),
            ),
            (
                190,
                Look(
                    "metrics",
                    "kafka_volume_read_bytes_per_second",
                    "180m",
                    None,
                ),
            ),
            (
                200,
                PinLooked(
                    "kafka_volume_read",
                    "the broker's volume is read at its limit, in bursts five minutes apart",
                ),
            ),
            (
                215,
                Shell(
                    "kafka-consumer-groups --bootstrap-server kafka:9092 --describe --all-groups",
                ),
            ),
            (
                230,
                PinShown(
                    "accounting",
                    "accounting's group has a lag of 52,847, the other four none",
                ),
            ),
            (245, Shell("kubectl get pods -n backoffice")),
            (
                250,
                PinShown(
                    "\"accounting\"",
                    "accounting: 76 restarts, CrashLoopBackOff",
                ),
            ),
            (
                265,
                Shell("kubectl logs -n backoffice deploy/accounting --previous --tail 30"),
            ),
            (
                275,
                PinShown("not configured", "KAFKA_SESSION_TIMEOUT_MS not configured"),
            ),
            (
                290,
                Shell("kubectl rollout history deployment/accounting -n backoffice"),
            ),
            (
                305,
                Shell("kubectl describe deployment accounting -n backoffice"),
            ),
            (320, Shell("git show k7f2b91")),
            (
                335,
                PinShown(
                    "k7f2b91",
                    "k7f2b91 takes the three timeouts from the environment and throws without them",
                ),
            ),
            (350, Shell("git log --oneline -n 10 -- .env")),
            (
                365,
                Look(
                    "code",
                    "shop/src/checkout/main.go",
                    "",
                    Some("shop/src/checkout/main.go:330"),
                ),
            ),
            (
                380,
                PinLooked(
                    "emptyUserCart",
                    "PlaceOrder empties the cart at 349, before the send to Kafka",
                ),
            ),
            (
                395,
                Shell("kafka-topics --bootstrap-server kafka:9092 --describe --topic orders"),
            ),
            (405, Shell("git show r3t8a92")),
            (
                415,
                PinShown("r3t8a92", "retention of orders went from 24 to 4 hours"),
            ),
            (
                430,
                Post(
                    "It is accounting, not the cart: 2.15.0 (train, 03:29) wants KAFKA_SESSION_TIMEOUT_MS and two more, .env has none. I raise retention.ms on topic orders to 24 h first, the next segment goes at 11:00, then set the three on accounting. Objections?",
                ),
            ),
            (
                450,
                Shell(
                    "kafka-configs --bootstrap-server kafka:9092 --alter --entity-type topics --entity-name orders --add-config retention.ms=86400000",
                ),
            ),
            (
                470,
                Shell(
                    "kubectl set env deployment/accounting -n backoffice KAFKA_SESSION_TIMEOUT_MS=45000 KAFKA_HEARTBEAT_INTERVAL_MS=3000 KAFKA_MAX_POLL_INTERVAL_MS=300000",
                ),
            ),
            (
                540,
                Claim {
                    component: "accounting",
                    mechanism: "The Kafka timeouts are read from environment variables that were never set: accounting crashes at every start. Each start rebalances the group and re-reads the whole backlog, which saturates the broker's volume; checkout's sends to the orders topic time out, orders hold their connections until the pool is full, and the cart was emptied before the send. Retention of 4 hours lets unread orders expire.",
                    why_now: "Merged before the freeze, shipped by the release train on December 2 at 03:29 under a silence; felt four hours later when the backlog outgrew the volume and retention.",
                },
            ),
            (
                600,
                Shell("kubectl rollout status deployment/accounting -n backoffice"),
            ),
            (
                720,
                Shell(
                    "kafka-consumer-groups --bootstrap-server kafka:9092 --describe --group accounting",
                ),
            ),
            (
                900,
                Post(
                    "accounting runs and reads the backlog, checkout recovers. Watching both until the lag is gone. 3,554 orders expired at 07:58 and have to be reconciled with the payment provider.",
                ),
            ),
            (
                1500,
                Shell(
                    "kafka-consumer-groups --bootstrap-server kafka:9092 --describe --group accounting",
                ),
            ),
            (
                1510,
                Report(
                    "# Carts randomly emptying\n\nOrders failed in checkout from 08:55 on, 6 of 10 at worst. Customers were charged, had an empty cart and no order.\n\n## Cause\n\naccounting 2.15.0 needs three Kafka timeouts in its environment; .env has none, so it crashed at every start since 03:29. Each start read the whole backlog eleven times. From 07:30 that filled the broker's volume limit, sends to orders took seconds, orders held their connections, the pool was full. PlaceOrder empties the cart before it sends the order. Retention of 4 hours (since November 15) deleted 3,554 unread orders at 07:58.\n\n## Done\n\nretention.ms of orders to 24 h; the three variables set on accounting.\n\n## Left\n\nThe values belong in .env; defaults in Consumer.cs; the cart is to be emptied after the send; alert on a group that does not move, not silenced by the train; reconcile 3,847 orders.\n",
                ),
            ),
            (2400, Resolve(PAGE)),
            (2700, Wait),
        ],
        ending: "resolved",
        wins: true,
        points: (85, 100),
    },
    Run {
        name: "carts-emptying.do-nothing",
        scenario: CARTS,
        seed: 7,
        script: &[(9000, Wait)],
        ending: "deadline_passed",
        wins: false,
        points: (0, 5),
    },
    Run {
        name: "carts-emptying.restart-cart",
        scenario: CARTS,
        seed: 7,
        script: &[
            (60, Acknowledge(PAGE)),
            (90, Look("slack", "incidents", "", None)),
            (
                120,
                Post("Customers lose their carts. Restarting cart once more and watching Valkey."),
            ),
            (
                150,
                Shell("kubectl rollout restart deployment/cart -n shop"),
            ),
            (
                900,
                Shell("kubectl rollout restart deployment/cart -n shop"),
            ),
            (
                1200,
                Claim {
                    component: "cart",
                    mechanism: "connections between the cart and Valkey are lost",
                    why_now: "cart 3.8.1 has a new client library",
                },
            ),
            (1260, Resolve(PAGE)),
            (9000, Wait),
        ],
        ending: "deadline_passed",
        wins: false,
        points: (5, 35),
    },
    Run {
        name: "carts-emptying.restart-checkout",
        scenario: CARTS,
        seed: 7,
        script: &[
            (60, Acknowledge(PAGE)),
            (90, Look("slack", "incidents", "", None)),
            (150, Shell("sentry issues checkout")),
            (
                200,
                Post("Checkout fails 6 of 10 orders, its pool is full. Restarting checkout."),
            ),
            (
                240,
                Shell("kubectl rollout restart deployment/checkout -n shop"),
            ),
            (
                1500,
                Shell("kubectl rollout restart deployment/checkout -n shop"),
            ),
            (
                1800,
                Claim {
                    component: "checkout",
                    mechanism: "the connection pool is exhausted",
                    why_now: "Monday's traffic",
                },
            ),
            (9000, Wait),
        ],
        ending: "deadline_passed",
        wins: false,
        points: (5, 40),
    },
    Run {
        name: "carts-emptying.flush-valkey",
        scenario: CARTS,
        seed: 7,
        script: &[
            (60, Acknowledge(PAGE)),
            (90, Look("slack", "incidents", "", None)),
            (
                150,
                Post(
                    "Customers see empty carts. Flushing valkey-cart to get rid of the bad sessions.",
                ),
            ),
            (180, Shell("valkey-cli -h valkey-cart --yes FLUSHALL")),
            (
                900,
                Claim {
                    component: "valkey-cart",
                    mechanism: "memory is full and keys are evicted",
                    why_now: "the sale",
                },
            ),
            (9000, Wait),
        ],
        ending: "deadline_passed",
        wins: false,
        points: (0, 25),
    },
    Run {
        name: "carts-emptying.scale-accounting-to-zero",
        scenario: CARTS,
        seed: 7,
        script: &[
            (60, Acknowledge(PAGE)),
            (90, Look("slack", "incidents", "", None)),
            (
                150,
                Post("Customers are charged and lose their carts: checkout fails 6 of 10 orders."),
            ),
            (240, Shell("kubectl get pods -n backoffice")),
            (
                300,
                Shell(
                    "kafka-consumer-groups --bootstrap-server kafka:9092 --describe --all-groups",
                ),
            ),
            (
                420,
                Post("accounting hammers the broker, stopping it: scale accounting to 0."),
            ),
            (
                450,
                Shell("kubectl scale deployment/accounting -n backoffice --replicas=0"),
            ),
            (
                1200,
                Claim {
                    component: "accounting",
                    mechanism: "its restarts overload the broker",
                    why_now: "unclear",
                },
            ),
            (1500, Resolve(PAGE)),
            (9000, Wait),
        ],
        ending: "deadline_passed",
        wins: false,
        points: (20, 70),
    },
];
