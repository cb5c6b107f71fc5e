package shop.ad;

import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;

/** Chooses advertisements by the words of the page. */
public final class AdService extends AdServiceGrpc.AdServiceImplBase {
  private static final Logger log = LogManager.getLogger(AdService.class);
  private static final int MAX_ADS = 2;

  private final Map<String, List<Ad>> byCategory;

  AdService(Map<String, List<Ad>> byCategory) {
    this.byCategory = Map.copyOf(byCategory);
  }

  @Override
  public void getAds(AdRequest request, StreamObserver<AdResponse> answer) {
    try {
      var ads = request.getContextKeysList().stream()
          .flatMap(key -> byCategory.getOrDefault(key, List.of()).stream())
          .limit(MAX_ADS)
          .toList();
      if (ads.isEmpty()) {
        ads = anyAds();
      }
      log.info("{} ads for {}", ads.size(), request.getContextKeysList());
      answer.onNext(AdResponse.newBuilder().addAllAds(ads).build());
      answer.onCompleted();
    } catch (StatusRuntimeException e) {
      log.warn("getAds failed with {}", e.getStatus());
      answer.onError(e);
    }
  }

  private List<Ad> anyAds() {
    var all = byCategory.values().stream().flatMap(List::stream).toList();
    return List.of(all.get(ThreadLocalRandom.current().nextInt(all.size())));
  }

  public static void main(String[] args) throws IOException, InterruptedException {
    int port = Integer.parseInt(System.getenv("AD_PORT"));
    Server server = ServerBuilder.forPort(port).addService(new AdService(Inventory.load())).build().start();
    log.info("ad service on {}", port);
    server.awaitTermination();
  }
}
