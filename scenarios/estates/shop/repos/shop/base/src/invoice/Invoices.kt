package shop.invoice

import org.slf4j.LoggerFactory
import java.time.Duration

private val log = LoggerFactory.getLogger("invoice")
private val PAUSE: Duration = Duration.ofMinutes(5)

/** Makes the PDF of every booked order that has none yet. */
fun main() {
    val books = Books(System.getenv("DB_CONNECTION_STRING"))
    val bucket = Bucket(System.getenv("INVOICE_BUCKET"))
    while (true) {
        val waiting = books.withoutInvoice(limit = 200)
        for (entry in waiting) {
            runCatching { bucket.put("${entry.orderId}.pdf", Pdf.of(entry)) }
                .onSuccess { books.markInvoiced(entry.orderId) }
                .onFailure { log.warn("no invoice for {}: {}", entry.orderId, it.message) }
        }
        log.info("invoices made={}", waiting.size)
        if (waiting.isEmpty()) Thread.sleep(PAUSE)
    }
}
