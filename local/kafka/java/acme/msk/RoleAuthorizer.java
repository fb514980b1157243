package acme.msk;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.resource.ResourceType;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.server.authorizer.AclCreateResult;
import org.apache.kafka.server.authorizer.AclDeleteResult;
import org.apache.kafka.server.authorizer.Action;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;
import org.apache.kafka.server.authorizer.AuthorizationResult;
import org.apache.kafka.server.authorizer.Authorizer;
import org.apache.kafka.server.authorizer.AuthorizerServerInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns each Kafka operation into MSK's kafka-cluster action and asks the emulator's IAM engine.
 *
 * <p>Denied is the answer to everything that MSK's IAM has no action for, and to everything while
 * the emulator does not answer. A verdict is kept for msk.emulator.cache.ms.
 */
public final class RoleAuthorizer implements Authorizer {
    private static final Logger LOG = LoggerFactory.getLogger(RoleAuthorizer.class);
    private static final String CACHE_MS = "msk.emulator.cache.ms";
    private static final String AUTHORIZE = "/_laptop/kafka-cluster/authorize";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int CACHE_ENTRIES = 10_000;

    /**
     * MSK's table of actions. CLUSTER/CREATE is absent on purpose: IAM grants CreateTopic on topic
     * ARNs only, and Kafka falls back to TOPIC/CREATE when the cluster-wide right is denied.
     */
    private static final Map<String, String> ACTIONS = Map.ofEntries(
        Map.entry("CLUSTER/DESCRIBE", "DescribeCluster"),
        Map.entry("CLUSTER/ALTER", "AlterCluster"),
        Map.entry("CLUSTER/DESCRIBE_CONFIGS", "DescribeClusterDynamicConfiguration"),
        Map.entry("CLUSTER/ALTER_CONFIGS", "AlterClusterDynamicConfiguration"),
        Map.entry("CLUSTER/IDEMPOTENT_WRITE", "WriteDataIdempotently"),
        Map.entry("TOPIC/DESCRIBE", "DescribeTopic"),
        Map.entry("TOPIC/READ", "ReadData"),
        Map.entry("TOPIC/WRITE", "WriteData"),
        Map.entry("TOPIC/CREATE", "CreateTopic"),
        Map.entry("TOPIC/DELETE", "DeleteTopic"),
        Map.entry("TOPIC/ALTER", "AlterTopic"),
        Map.entry("TOPIC/DESCRIBE_CONFIGS", "DescribeTopicDynamicConfiguration"),
        Map.entry("TOPIC/ALTER_CONFIGS", "AlterTopicDynamicConfiguration"),
        Map.entry("GROUP/READ", "AlterGroup"),
        Map.entry("GROUP/DESCRIBE", "DescribeGroup"),
        Map.entry("GROUP/DELETE", "DeleteGroup"),
        Map.entry("TRANSACTIONAL_ID/WRITE", "AlterTransactionalId"),
        Map.entry("TRANSACTIONAL_ID/DESCRIBE", "DescribeTransactionalId"));

    private record Verdict(boolean allowed, long until) { }

    private final Map<String, Verdict> verdicts = new ConcurrentHashMap<>();
    private Emulator emulator;
    private long cacheMs;

    @Override
    public void configure(Map<String, ?> configs) {
        emulator = new Emulator(configs);
        Object value = configs.get(CACHE_MS);
        if (value == null)
            throw new IllegalArgumentException(CACHE_MS + " is missing in the broker's settings");
        cacheMs = Long.parseLong(value.toString());
    }

    @Override
    public Map<Endpoint, ? extends CompletionStage<Void>> start(AuthorizerServerInfo server) {
        Map<Endpoint, CompletionStage<Void>> ready = new HashMap<>();
        server.endpoints().forEach(e -> ready.put(e, CompletableFuture.completedFuture(null)));
        return ready;
    }

    @Override
    public List<AuthorizationResult> authorize(AuthorizableRequestContext context,
                                               List<Action> actions) {
        List<AuthorizationResult> results = new ArrayList<>(actions.size());
        for (Action action : actions)
            results.add(result(internal(context) || allowed(context.principal(), action)));
        return results;
    }

    /** IAM has no "may write to any topic": idempotence needs WriteDataIdempotently itself. */
    @Override
    public AuthorizationResult authorizeByResourceType(AuthorizableRequestContext context,
                                                       AclOperation operation,
                                                       ResourceType type) {
        return result(internal(context));
    }

    private static AuthorizationResult result(boolean allowed) {
        return allowed ? AuthorizationResult.ALLOWED : AuthorizationResult.DENIED;
    }

    /**
     * The broker's own traffic, and the laptop's own on its loopback listener. A client's request
     * that is forwarded to the controller arrives on CONTROLLER with the client's principal, so the
     * listener alone decides nothing.
     */
    private static boolean internal(AuthorizableRequestContext context) {
        return KafkaPrincipal.ANONYMOUS.equals(context.principal())
            && (context.listenerName().equals("CONTROLLER")
                || context.listenerName().equals("INTERNAL"));
    }

    private boolean allowed(KafkaPrincipal principal, Action action) {
        String type = action.resourcePattern().resourceType().name();
        String verb = ACTIONS.get(type + "/" + action.operation().name());
        if (verb == null)
            return false;
        String kind = type.toLowerCase(Locale.ROOT).replace('_', '-');
        String name = action.resourcePattern().name();
        String key = String.join("|", principal.getName(), verb, kind, name);
        long now = System.currentTimeMillis();
        Verdict verdict = verdicts.get(key);
        if (verdict == null || verdict.until < now) {
            try {
                verdict = new Verdict(ask(principal.getName(), verb, kind, name), now + cacheMs);
            } catch (IOException e) {
                LOG.warn("denied {} on {} {}: no verdict of the emulator: {}",
                    verb, kind, name, e.toString());
                return false;
            }
            if (verdicts.size() >= CACHE_ENTRIES)
                verdicts.clear();
            verdicts.put(key, verdict);
        }
        if (!verdict.allowed && action.logIfDenied())
            LOG.info("denied {} on {} {} to {}", verb, kind, name, principal.getName());
        return verdict.allowed;
    }

    private boolean ask(String principal, String verb, String kind, String name)
            throws IOException {
        HttpResponse<String> answer = emulator.post(AUTHORIZE, JSON.writeValueAsString(
            Map.of("principal", principal, "action", verb, "kind", kind, "name", name)));
        JsonNode allowed = JSON.readTree(answer.body()).get("allowed");
        if (answer.statusCode() != 200 || allowed == null)
            throw new IOException("it answered " + answer.statusCode());
        return allowed.asBoolean();
    }

    @Override
    public List<? extends CompletionStage<AclCreateResult>> createAcls(
            AuthorizableRequestContext context, List<AclBinding> bindings) {
        throw new UnsupportedVersionException("there are no ACLs here: IAM decides");
    }

    @Override
    public List<? extends CompletionStage<AclDeleteResult>> deleteAcls(
            AuthorizableRequestContext context, List<AclBindingFilter> filters) {
        throw new UnsupportedVersionException("there are no ACLs here: IAM decides");
    }

    @Override
    public Iterable<AclBinding> acls(AclBindingFilter filter) {
        return List.of();
    }

    @Override
    public void close() { }
}
