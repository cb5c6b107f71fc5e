package shop.fraud

import org.apache.kafka.clients.consumer.ConsumerConfig
import org.apache.kafka.clients.consumer.KafkaConsumer
import org.apache.kafka.common.serialization.ByteArrayDeserializer
import org.apache.kafka.common.serialization.StringDeserializer
import org.apache.logging.log4j.LogManager
import shop.events.OrderPlaced
import java.time.Duration
import java.util.Properties

private const val TOPIC = "orders"
private const val HOLD_ABOVE = 0.9
private val log = LogManager.getLogger("fraud")

private fun env(name: String, fallback: String): String = System.getenv(name) ?: fallback

fun settings() = Properties().apply {
    put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("KAFKA_ADDR") ?: error("KAFKA_ADDR is not set"))
    put(ConsumerConfig.GROUP_ID_CONFIG, env("KAFKA_CONSUMER_GROUP", "fraud-detection"))
    put(ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG, StringDeserializer::class.java.name)
    put(ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG, ByteArrayDeserializer::class.java.name)
    put(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG, "45000")
    put(ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG, "300000")
    put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "true")
}

fun main() {
    val scores = Scores()
    KafkaConsumer<String, ByteArray>(settings()).use { consumer ->
        consumer.subscribe(listOf(TOPIC))
        log.info("consuming {}", TOPIC)
        while (true) {
            for (record in consumer.poll(Duration.ofMillis(500))) {
                val order = OrderPlaced.parseFrom(record.value())
                val score = scores.of(order)
                if (score > HOLD_ABOVE) {
                    log.warn("holding order {} score={}", order.order.orderId, score)
                    scores.hold(order)
                } else {
                    log.debug("order {} score={}", order.order.orderId, score)
                }
            }
        }
    }
}
