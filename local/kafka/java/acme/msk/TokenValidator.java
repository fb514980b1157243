package acme.msk;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.security.auth.callback.Callback;
import javax.security.auth.callback.UnsupportedCallbackException;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerExtensionsValidatorCallback;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes MSK's IAM token: the base64url text of a presigned URL of kafka-cluster:Connect.
 *
 * <p>The URL is sent to the emulator as it was signed; its answer names the caller's role and the
 * token's life. A token is never written to a log.
 */
public final class TokenValidator implements AuthenticateCallbackHandler {
    private static final Logger LOG = LoggerFactory.getLogger(TokenValidator.class);
    private static final Pattern HOST = Pattern.compile("kafka\\.[a-z0-9-]+\\.amazonaws\\.com");
    private Emulator emulator;

    @Override
    public void configure(Map<String, ?> configs, String mechanism,
                          List<AppConfigurationEntry> jaas) {
        emulator = new Emulator(configs);
    }

    @Override
    public void handle(Callback[] callbacks) throws IOException, UnsupportedCallbackException {
        for (Callback callback : callbacks) {
            if (callback instanceof OAuthBearerValidatorCallback validation)
                validate(validation);
            else if (!(callback instanceof OAuthBearerExtensionsValidatorCallback))
                throw new UnsupportedCallbackException(callback);
        }
    }

    private void validate(OAuthBearerValidatorCallback callback) throws IOException {
        URI url = presigned(callback.tokenValue());
        if (url == null) {
            refuse(callback, "it is no presigned https URL of the kafka service");
            return;
        }
        // The signer appends User-Agent after signing: it is no part of the signed query.
        String query = Arrays.stream(url.getRawQuery().split("&"))
            .filter(parameter -> !parameter.startsWith("User-Agent="))
            .collect(Collectors.joining("&"));
        HttpResponse<String> answer = emulator.get(url.getHost(), query);
        String arn = answer.headers().firstValue("x-kafka-principal").orElse(null);
        if (answer.statusCode() != 200 || arn == null) {
            refuse(callback, answer.statusCode() + " " + answer.body().replaceAll("\\s+", " "));
            return;
        }
        LOG.info("connected: {}", arn);
        callback.token(new Token(callback.tokenValue(), arn,
            milliseconds(answer, "x-kafka-start-ms"), milliseconds(answer, "x-kafka-expiry-ms")));
    }

    /** The token's URL; null if it is none that this service could have been asked by. */
    private static URI presigned(String token) {
        URI url;
        try {
            byte[] text = Base64.getUrlDecoder().decode(token);
            url = URI.create(new String(text, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException e) {
            return null;
        }
        boolean ours = "https".equals(url.getScheme()) && url.getHost() != null
            && HOST.matcher(url.getHost()).matches() && url.getRawQuery() != null;
        return ours ? url : null;
    }

    private static long milliseconds(HttpResponse<String> answer, String header)
            throws IOException {
        return answer.headers().firstValueAsLong(header)
            .orElseThrow(() -> new IOException("the emulator's answer lacks " + header));
    }

    private static void refuse(OAuthBearerValidatorCallback callback, String why) {
        LOG.warn("token refused: {}", why.length() > 500 ? why.substring(0, 500) : why);
        callback.error("invalid_token", null, null);
    }

    private record Token(String value, String principalName, Long startTimeMs, long lifetimeMs)
            implements OAuthBearerToken {
        @Override
        public Set<String> scope() {
            return Set.of();
        }

        @Override
        public String toString() {
            return "token of " + principalName;
        }
    }

    @Override
    public void close() { }
}
