package acme.msk;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;

/**
 * The AWS emulator, which issued the clients' keys and holds the roles' policies: it alone judges.
 */
final class Emulator {
    static {
        // Must run before java.net.http is first touched: it reserves the Host header for itself.
        System.setProperty("jdk.httpclient.allowRestrictedHeaders", "host");
    }

    /** The broker's own setting: the emulator's URL. */
    private static final String ENDPOINT = "msk.emulator.endpoint";

    private final HttpClient http = HttpClient.newBuilder()
        .version(HttpClient.Version.HTTP_1_1)
        .connectTimeout(Duration.ofSeconds(3))
        .build();
    private final String endpoint;

    Emulator(Map<String, ?> configs) {
        Object value = configs.get(ENDPOINT);
        if (value == null)
            throw new IllegalArgumentException(ENDPOINT + " is missing in the broker's settings");
        endpoint = value.toString();
    }

    /** GET / with this query, the Host as the caller signed it; an answer within 5 s. */
    HttpResponse<String> get(String host, String query) throws IOException {
        return send(request("/?" + query).header("Host", host).GET().build());
    }

    /** POST a JSON document to one of the laptop's own addresses; an answer within 5 s. */
    HttpResponse<String> post(String path, String document) throws IOException {
        return send(request(path).POST(HttpRequest.BodyPublishers.ofString(document)).build());
    }

    private HttpRequest.Builder request(String pathAndQuery) {
        return HttpRequest.newBuilder(URI.create(endpoint + pathAndQuery))
            .timeout(Duration.ofSeconds(5));
    }

    private HttpResponse<String> send(HttpRequest request) throws IOException {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while waiting for the emulator", e);
        }
    }
}
