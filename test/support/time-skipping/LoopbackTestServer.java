import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.temporal.internal.testservice.GRPCServerHelper;
import io.temporal.internal.testservice.TestServicesStarter;
import java.net.InetSocketAddress;

/**
 * The time-skipping server on 127.0.0.1 only (its own main listens on every interface), ended with the process that
 * started it (the SDK only ends it in teardown, which a crashed test never reaches).
 * With port 0 it starts and ends at once: that run records the class archive.
 */
public final class LoopbackTestServer {
  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    TestServicesStarter services = new TestServicesStarter(true, 0);
    NettyServerBuilder builder = NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port));
    GRPCServerHelper.registerServicesAndHealthChecks(services.getServices(), builder);
    io.grpc.Server server = builder.build().start();
    if (port == 0) System.exit(0);
    ProcessHandle.current()
        .parent()
        .ifPresentOrElse(
            parent -> parent.onExit().thenRun(() -> Runtime.getRuntime().halt(0)),
            () -> Runtime.getRuntime().halt(0));
    server.awaitTermination();
  }
}
