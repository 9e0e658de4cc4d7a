package dev.longhand.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import dev.longhand.base.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: a download ends complete and checked, or leaves nothing but what the next pull continues. Method: a scripted loopback
 * server.
 */
@Timeout(60)
class HttpPullTest {
    private static final byte[] CONTENT = Fixture.model(300_000, 1);
    private static final String FINAL_NAME = Sha256.of(CONTENT) + ".gguf";

    @TempDir
    Path home;

    private Fixture fixture(LoopbackServer server) {
        Fixture fixture = new Fixture(home).offering(CONTENT, Fixture.hub());
        fixture.endpoint = server.uri();
        return fixture;
    }

    @Test
    void pullsOnceAndAsksNothingWhenWarm() throws Exception {
        try (LoopbackServer server = new LoopbackServer(new FileHandler(CONTENT))) {
            Fixture fixture = fixture(server);
            InstalledModel model = fixture.pull("tiny");
            assertThat(Files.readAllBytes(model.file())).isEqualTo(CONTENT);
            assertThat(model.licence()).isEqualTo("CC0-1.0");
            assertThat(fixture.pull("small")).isEqualTo(model);
            assertThat(fixture.models().list()).containsExactly(model);
            assertThat(server.requests()).hasSize(1);
            assertThat(server.requests().getFirst().path()).isEqualTo("/owner/repo/resolve/main/tiny.gguf");
            assertThat(fixture.files()).containsExactlyInAnyOrder(FINAL_NAME, "models.toml");
        }
    }

    @Test
    void sendsTheTokenToTheEndpointAndNotToWhereItRedirects() throws Exception {
        try (LoopbackServer other = new LoopbackServer(new FileHandler(CONTENT));
                LoopbackServer server = new LoopbackServer((request, answer) ->
                        answer.whole(302, Map.of("Location", other.uri() + "/bytes?x=1"), new byte[0]))) {
            Fixture fixture = fixture(server);
            fixture.token = Optional.of("hf_secret");
            fixture.pull("tiny");
            assertThat(server.requests().getFirst().header("authorization")).isEqualTo("Bearer hf_secret");
            assertThat(other.requests()).hasSize(1);
            assertThat(other.requests().getFirst().headers()).doesNotContainKey("authorization");
        }
    }

    @Test
    void saysThatATokenIsNeededAndNeverShowsOne() throws Exception {
        try (LoopbackServer server = new LoopbackServer((request, answer) -> {
            if (request.header("authorization").equals("Bearer hf_right")) {
                new FileHandler(CONTENT).answer(request, answer);
            } else {
                answer.whole(401, Map.of(), new byte[0]);
            }
        })) {
            Fixture fixture = fixture(server);
            assertThat(Fixture.problemOf(() -> fixture.pull("tiny"))).hasMessageContaining("set HF_TOKEN")
                    .hasMessageContaining("401");
            fixture.token = Optional.of("hf_wrong");
            Problem refused = Fixture.problemOf(() -> fixture.pull("tiny"));
            assertThat(refused).hasMessageContaining("HF_TOKEN may not read it");
            assertThat(refused.getMessage() + fixture.notes).doesNotContain("hf_wrong");
            fixture.token = Optional.of("hf_right");
            assertThat(fixture.pull("tiny").digest()).isEqualTo(Sha256.of(CONTENT));
        }
    }

    @Test
    void resumesAfterEachCutWithoutFetchingAByteTwice() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        handler.cutsAfterBytes.addAll(List.of(100_000, 0, 70_001));
        try (LoopbackServer server = new LoopbackServer(handler)) {
            Fixture fixture = fixture(server);
            assertThat(Files.readAllBytes(fixture.pull("tiny").file())).isEqualTo(CONTENT);
            assertThat(handler.bytesSent).hasValue(CONTENT.length);
            assertThat(server.requests()).extracting(r -> r.header("range"))
                    .containsExactly("", "bytes=100000-", "bytes=100000-", "bytes=170001-");
            assertThat(server.requests().getLast().header("if-range")).isEqualTo("\"v1\"");
            assertThat(fixture.notes).anyMatch(n -> n.contains("trying again"));
            assertThat(fixture.files()).containsExactlyInAnyOrder(FINAL_NAME, "models.toml");
        }
    }

    @Test
    void keepsWhatItHasWhenItGivesUpAndGoesOnFromThereAtTheNextPull() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        handler.cutsAfterBytes.addAll(List.of(120_000, 0, 0, 0));
        try (LoopbackServer server = new LoopbackServer(handler)) {
            Fixture fixture = fixture(server);
            Problem problem = Fixture.problemOf(() -> fixture.pull("tiny"));
            assertThat(problem.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
            assertThat(problem).hasMessageContaining("120.0 kB are kept");
            List<PartialDownload> partials = fixture.models().partials();
            assertThat(partials).hasSize(1);
            assertThat(partials.getFirst().doneBytes()).isEqualTo(120_000);
            assertThat(partials.getFirst().totalBytes()).isEqualTo(CONTENT.length);
            assertThat(fixture.models().list()).isEmpty();
            fixture.pull("tiny");
            assertThat(handler.bytesSent).hasValue(CONTENT.length);
            assertThat(fixture.models().partials()).isEmpty();
        }
    }

    @Test
    void refusesAWrongDigestAndKeepsNothing() throws Exception {
        try (LoopbackServer server = new LoopbackServer(new FileHandler(Fixture.model(300_000, 2)))) {
            Fixture fixture = fixture(server);
            Problem problem = Fixture.problemOf(() -> fixture.pull("tiny"));
            assertThat(problem.kind()).isEqualTo(Problem.Kind.MALFORMED);
            assertThat(problem).hasMessageContaining("expected " + Sha256.of(CONTENT));
            assertThat(fixture.files()).isEmpty();
        }
    }

    @Test
    void startsOverWhereTheServerIgnoresTheRange() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        handler.ignoresRange = true;
        handler.cutsAfterBytes.add(1000);
        try (LoopbackServer server = new LoopbackServer(handler)) {
            Fixture fixture = fixture(server);
            assertThat(Files.readAllBytes(fixture.pull("tiny").file())).isEqualTo(CONTENT);
            assertThat(fixture.notes).anyMatch(n -> n.contains("starting over"));
        }
    }

    @Test
    void neverMixesTwoVersionsOfAFile() throws Exception {
        // No digest is known here, so only the validator can tell the versions apart.
        byte[] next = Fixture.model(250_000, 3);
        FileHandler handler = new FileHandler(CONTENT);
        handler.cutsAfterBytes.add(100_000);
        try (LoopbackServer server = new LoopbackServer((request, answer) -> {
            handler.answer(request, answer);
            handler.content = next;
            handler.etag = "\"v2\"";
        })) {
            Fixture fixture = fixture(server);
            assertThat(Files.readAllBytes(fixture.pull("hf.co/owner/repo:tiny.gguf").file())).isEqualTo(next);
            assertThat(server.requests().get(1).header("if-range")).isEqualTo("\"v1\"");
        }
    }

    @Test
    void startsOverWhereTheServerSendsAnotherRangeThanAsked() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        handler.cutsAfterBytes.add(1000);
        try (LoopbackServer server = new LoopbackServer((request, answer) -> {
            if (request.header("range").isEmpty()) {
                handler.answer(request, answer);
            } else {
                answer.whole(206, Map.of("Content-Range", "bytes 5-" + (CONTENT.length - 1) + "/" + CONTENT.length), CONTENT);
            }
        })) {
            assertThat(Files.readAllBytes(fixture(server).pull("tiny").file())).isEqualTo(CONTENT);
        }
    }

    @Test
    void doesNotResumeOnAWeakValidatorWithoutADigest() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        handler.etag = "W/\"weak\"";
        handler.cutsAfterBytes.add(1000);
        try (LoopbackServer server = new LoopbackServer(handler)) {
            fixture(server).pull("hf.co/owner/repo:tiny.gguf");
            assertThat(server.requests()).extracting(r -> r.header("range")).containsExactly("", "");
        }
    }

    @Test
    void refusesADigestOtherThanTheOneTheEndpointStates() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        handler.extraHeaders.put("X-Linked-Etag", "\"" + Sha256.of("other") + "\"");
        try (LoopbackServer server = new LoopbackServer(handler)) {
            Fixture fixture = fixture(server);
            assertThat(Fixture.kindOf(() -> fixture.pull("hf.co/owner/repo:tiny.gguf"))).isEqualTo(Problem.Kind.MALFORMED);
            assertThat(fixture.files()).isEmpty();
        }
    }

    /** Goal: a renamed repository, which the endpoint redirects within itself, still states its digest. */
    @Test
    void takesTheDigestFromTheEndpointsLastAnswer() throws Exception {
        try (LoopbackServer other = new LoopbackServer(new FileHandler(CONTENT));
                LoopbackServer server = new LoopbackServer((request, answer) -> {
                    boolean isOld = request.path().startsWith("/owner/");
                    answer.whole(isOld ? 307 : 302, isOld
                            ? Map.of("Location", request.path().replace("/owner/", "/new/"))
                            : Map.of("Location", other.uri() + "/x", "X-Linked-Etag", "\"" + Sha256.of("other") + "\""),
                                    new byte[0]);
                })) {
            Fixture fixture = fixture(server);
            assertThat(Fixture.kindOf(() -> fixture.pull("hf.co/owner/repo:tiny.gguf"))).isEqualTo(Problem.Kind.MALFORMED);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void refusesWhatIsNoModel() throws Exception {
        try (LoopbackServer server = new LoopbackServer((request, answer) ->
                answer.whole(200, Map.of("Content-Type", "text/html"), "<html>please log in</html>".getBytes()))) {
            Fixture fixture = fixture(server);
            assertThat(Fixture.problemOf(() -> fixture.pull("hf.co/owner/repo:tiny.gguf"))).hasMessageContaining("no GGUF");
            assertThat(fixture.files()).isEmpty();
        }
    }

    @Test
    void namesWhatIsMissingOrClosed() throws Exception {
        for (int status : new int[] {404, 403, 410}) {
            try (LoopbackServer server = new LoopbackServer((request, answer) -> answer.whole(status, Map.of(), new byte[0]))) {
                Fixture fixture = fixture(server);
                Problem problem = Fixture.problemOf(() -> fixture.pull("tiny"));
                assertThat(problem).hasMessageContaining(Integer.toString(status)).hasMessageContaining("owner/repo");
                assertThat(problem.kind()).isEqualTo(status == 404 ? Problem.Kind.NOT_FOUND : Problem.Kind.UNAVAILABLE);
                assertThat(server.requests()).hasSize(1);
                assertThat(fixture.files()).isEmpty();
            }
        }
    }

    @Test
    void waitsAsLongAsTheServerAsks() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        CountDownLatch first = new CountDownLatch(1);
        try (LoopbackServer server = new LoopbackServer((request, answer) -> {
            if (first.getCount() > 0) {
                first.countDown();
                answer.whole(429, Map.of("Retry-After", "7"), new byte[0]);
            } else {
                handler.answer(request, answer);
            }
        })) {
            Fixture fixture = fixture(server);
            fixture.pull("tiny");
            assertThat(fixture.sleptSeconds).containsExactly(7L);
        }
    }

    @Test
    void givesUpOnAServerThatAlwaysFails() throws Exception {
        try (LoopbackServer server = new LoopbackServer((request, answer) -> answer.whole(503, Map.of("Retry-After", "86400"),
                new byte[0]))) {
            Fixture fixture = fixture(server);
            assertThat(Fixture.problemOf(() -> fixture.pull("tiny"))).hasMessageContaining("503").hasMessageContaining("3 tries");
            assertThat(server.requests()).hasSize(3);
            assertThat(fixture.sleptSeconds).containsExactly(60L, 60L);
        }
    }

    @Test
    void skipsASilentSourceWithALineAndTakesTheNext() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        Files.write(home.resolve("tiny.gguf"), CONTENT);
        try (LoopbackServer server = new LoopbackServer((request, answer) -> never.await())) {
            Fixture fixture = fixture(server).offering(CONTENT, Fixture.hub() + ", { path = \"tiny.gguf\" }");
            fixture.modelFolders = List.of(home);
            fixture.limits = Fixture.limits(500, 20_000);
            InstalledModel model = fixture.pull("tiny");
            assertThat(model.isReferenced()).isTrue();
            assertThat(fixture.notes).anyMatch(n -> n.contains("was silent for 500 ms"));
        }
    }

    @Test
    void breaksOffAStalledTransferAndResumes() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        CountDownLatch never = new CountDownLatch(1);
        handler.cutsAfterBytes.add(50_000);
        try (LoopbackServer server = new LoopbackServer((request, answer) -> {
            handler.answer(request, answer);
            if (request.header("range").isEmpty()) {
                never.await();
            }
        })) {
            Fixture fixture = fixture(server);
            fixture.limits = Fixture.limits(20_000, 1000);
            fixture.pull("tiny");
            assertThat(server.requests().get(1).header("range")).isEqualTo("bytes=50000-");
            assertThat(fixture.notes).anyMatch(n -> n.contains("no byte arrived"));
        }
    }

    @Test
    void letsASlowButSteadyTransferFinish() throws Exception {
        byte[] small = Fixture.model(8, 4);
        try (LoopbackServer server = new LoopbackServer((request, answer) -> {
            answer.head(200, Map.of("Content-Length", "8"));
            for (int i = 0; i < small.length; i++) {
                answer.part(small, i, 1);
                Thread.sleep(250);
            }
        })) {
            Fixture fixture = new Fixture(home).offering(small, Fixture.hub());
            fixture.endpoint = server.uri();
            fixture.limits = Fixture.limits(20_000, 1500);
            fixture.pull("tiny");
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void followsNoEndlessRedirects() throws Exception {
        try (LoopbackServer server = new LoopbackServer((request, answer) -> answer.whole(302, Map.of("Location", request.path()),
                new byte[0]))) {
            Fixture fixture = fixture(server);
            assertThat(Fixture.problemOf(() -> fixture.pull("tiny"))).hasMessageContaining("redirects more than 5 times");
        }
    }

    @Test
    void asksNothingWhenOffline() throws Exception {
        try (LoopbackServer server = new LoopbackServer(new FileHandler(CONTENT))) {
            Fixture fixture = fixture(server);
            Problem problem = Fixture.problemOf(() ->
                    fixture.models().pull(ModelReference.parse("tiny"), new PullOptions(true), fixture.progress));
            assertThat(problem).hasMessageContaining("offline");
            assertThat(server.requests()).isEmpty();
        }
    }

    @Test
    void refusesADownloadThatWouldFillTheDisk() throws Exception {
        try (LoopbackServer server = new LoopbackServer(new FileHandler(CONTENT))) {
            Fixture fixture = fixture(server);
            fixture.space = folder -> Limits.FREE_BYTES_MIN + 299_999;
            Problem problem = Fixture.problemOf(() -> fixture.pull("tiny"));
            assertThat(problem.kind()).isEqualTo(Problem.Kind.DISK);
            assertThat(problem).hasMessageContaining("needs 300.0 kB more");
            assertThat(fixture.files()).isEmpty();
        }
    }

    /** Goal: a disk that fills up on the way ends the pull with its name. Method: the part is a link to /dev/full. */
    @Test
    void saysThatTheDiskIsFull() throws Exception {
        Path part = home.resolve("models").resolve(Sha256.of(CONTENT) + PartFile.SUFFIX);
        try (LoopbackServer server = new LoopbackServer(new FileHandler(CONTENT))) {
            Fixture fixture = fixture(server);
            fixture.space = folder -> {
                fullAt(part);
                return Long.MAX_VALUE;
            };
            Problem problem = Fixture.problemOf(() -> fixture.pull("tiny"));
            assertThat(problem.kind()).isEqualTo(Problem.Kind.DISK);
            assertThat(problem).hasMessageContaining("No space left").hasMessageContaining("free some space");
            assertThat(fixture.models().list()).isEmpty();
            Files.delete(part);
        }
    }

    private static void fullAt(Path part) throws Problem {
        try {
            Files.createDirectories(part.getParent());
            Files.deleteIfExists(part);
            Files.createSymbolicLink(part, Path.of("/dev/full"));
        } catch (IOException e) {
            throw new Problem(Problem.Kind.DISK, "the test could not make its link", e);
        }
    }

    @Test
    void twoPullsOfOneModelFetchItOnce() throws Exception {
        FileHandler handler = new FileHandler(CONTENT);
        CountDownLatch isAsked = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (var pool = Executors.newVirtualThreadPerTaskExecutor(); LoopbackServer server = new LoopbackServer((request, answer) ->
                {
            isAsked.countDown();
            goOn.await();
            handler.answer(request, answer);
        })) {
            Fixture fixture = fixture(server);
            Future<InstalledModel> first = pool.submit(() -> fixture.pull("tiny"));
            isAsked.await();
            Future<InstalledModel> second = pool.submit(() -> fixture.pull("tiny"));
            while (fixture.notes.stream().noneMatch(n -> n.contains("waiting for it"))) {
                Thread.sleep(10);
            }
            goOn.countDown();
            assertThat(second.get()).isEqualTo(first.get());
            assertThat(server.requests()).hasSize(1);
        }
    }
}
