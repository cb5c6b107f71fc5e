package shop.inventory;

import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.http.HttpStatus;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

@RestController
public class StockController {
  private static final Logger log = LoggerFactory.getLogger(StockController.class);

  private final JdbcTemplate db;

  public StockController(JdbcTemplate db) {
    this.db = db;
  }

  @GetMapping("/stock/{product}")
  public Map<String, Integer> stock(@PathVariable String product) {
    var left = db.queryForList("select quantity from inventory.stock where product_id = ?", Integer.class, product);
    if (left.isEmpty()) {
      throw new ResponseStatusException(HttpStatus.NOT_FOUND, "no stock record for " + product);
    }
    return Map.of("quantity", left.get(0));
  }

  @PostMapping("/stock/{product}/take/{count}")
  public void take(@PathVariable String product, @PathVariable int count) {
    try {
      int changed = db.update(
          "update inventory.stock set quantity = quantity - ? where product_id = ?",
          count, product);
      if (changed == 0) {
        throw new ResponseStatusException(HttpStatus.CONFLICT, "not enough of " + product);
      }
      log.info("took {} of {}", count, product);
    } catch (DataAccessException e) {
      log.error("stock of {} not changed", product, e);
      throw new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE, "stock storage", e);
    }
  }
}
