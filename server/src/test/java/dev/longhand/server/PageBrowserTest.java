package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.microsoft.playwright.Browser;
import com.microsoft.playwright.BrowserContext;
import com.microsoft.playwright.BrowserType;
import com.microsoft.playwright.JSHandle;
import com.microsoft.playwright.Locator;
import com.microsoft.playwright.Page;
import com.microsoft.playwright.Playwright;
import com.microsoft.playwright.Route;
import com.microsoft.playwright.assertions.LocatorAssertions;
import com.microsoft.playwright.assertions.PlaywrightAssertions;
import com.microsoft.playwright.options.AriaRole;
import com.microsoft.playwright.options.ColorScheme;
import dev.longhand.base.Clock;
import dev.longhand.ledger.Key;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/**
 * Goal: people get done in the page what it is for. Method: a real Chromium, a real server with SmolLM2, real files. Whatever a
 * test does, no request leaves the server's origin and no script fails.
 */
@Tag("full")
class PageBrowserTest {
    private static final String QUESTION = "Which port does the lighthouse server listen on, and why?";
    private static final String LINE = "The lighthouse server listens on port 4711, the birthday of the keeper.";
    private static final String TEXT = "# The lighthouse\n\nThe lighthouse stands on the northern cliff since 1871.\n\n"
            + "## Its server\n\n" + LINE + "\n\n## Its garden\n\nThe garden has roses, thyme and one old apple tree.\n";
    private static final double WAIT_MS = 30_000; // two slow cores, others beside

    @TempDir
    private static Path temp;
    private static Served served;
    private static Playwright playwright;
    private static Browser browser;

    private final List<String> outside = new CopyOnWriteArrayList<>();
    private final List<String> failures = new CopyOnWriteArrayList<>();
    private BrowserContext context;
    private Page page;

    @BeforeAll
    static void start() throws Exception {
        PlaywrightAssertions.setDefaultAssertionTimeout(WAIT_MS);
        playwright = BrowserTools.playwright();
        browser = playwright.chromium().launch(new BrowserType.LaunchOptions().setExecutablePath(BrowserTools.chromium())
                .setArgs(List.of("--no-sandbox")));
        served = Served.smolLm2(Files.createDirectory(temp.resolve("home")), 0);
        JsonNode made = post("/v1/desks", "{'name': 'lighthouse'}");
        assertThat(made.get("name").stringValue()).isEqualTo("lighthouse");
        put("lighthouse", "lighthouse.md", TEXT);
        awaitRead("lighthouse", 1);
    }

    @AfterAll
    static void stop() throws Exception {
        browser.close();
        playwright.close();
        assertThat(served.books.ledger().check().findings()).isEmpty();
        served.close();
    }

    @BeforeEach
    void open() {
        open(new Browser.NewContextOptions().setViewportSize(1280, 800));
    }

    private void open(Browser.NewContextOptions options) {
        if (context != null) {
            context.close();
        }
        context = browser.newContext(options);
        context.setDefaultTimeout(WAIT_MS);
        page = context.newPage();
        page.onRequest(r -> {
            if (!r.url().startsWith(served.server.address() + "/") && !r.url().startsWith("data:")) {
                outside.add(r.url());
            }
        });
        page.onPageError(failures::add);
        page.navigate(served.server.address() + "/");
        expect(page.locator("#question")).isVisible();
    }

    @AfterEach
    void close() {
        context.close();
        assertThat(outside).as("requests to elsewhere").isEmpty();
        assertThat(failures).as("errors of scripts").isEmpty();
    }

    private static LocatorAssertions expect(Locator locator) {
        return PlaywrightAssertions.assertThat(locator);
    }

    private static JsonNode post(String path, String body) throws Exception {
        return served.post(path, body).body();
    }

    private static void put(String desk, String name, String text) throws Exception {
        served.call("", "POST", "/v1/desks/%s/documents?name=%s".formatted(desk, name), text);
    }

    private static void awaitRead(String desk, int documents) throws Exception {
        for (JsonNode now = Json.object(); now.path("documents").asInt() < documents; Clock.SYSTEM.sleep(50_000_000)) {
            now = served.read(served.get("/v1/desks/" + desk).body());
        }
    }

    private void ask(String desk, String question) {
        page.locator("#desk").selectOption(desk);
        page.locator("#question").fill(question);
        page.keyboard().press("Enter");
    }

    @Test
    void asksStreamsAndOpensTheDocumentAtTheQuotedLines() {
        page.evaluate("() => { window.seen = new Set(); new MutationObserver(() => { const t = document.querySelector("
                + "'.answer.running .text'); if (t && t.innerText) window.seen.add(t.innerText); })"
                + ".observe(document.body, { subtree: true, childList: true }); }");
        ask("lighthouse", QUESTION);
        expect(page.locator(".lead")).containsText("lighthouse.md");
        expect(page.locator(".answer.done .cost-line")).containsText(Pattern.compile("tokens read.*cached.*answered.*EUR"));
        assertThat((int) page.evaluate("() => window.seen.size")).as("texts before the answer was whole").isPositive();
        page.locator(".source").first().click();
        Locator panel = page.getByRole(AriaRole.DIALOG, new Page.GetByRoleOptions().setName("Document lighthouse.md"));
        expect(panel.locator(".state.verified")).isVisible();
        expect(panel.locator(".line.quoted").filter(new Locator.FilterOptions().setHasText("4711")).locator("mark")).hasText(LINE);
        expect(panel.locator(".line.quoted .number").first()).isVisible();
        page.keyboard().press("Escape");
        expect(panel).isHidden();
        expect(page.locator(".source").first()).isFocused();
        String text = page.locator(".text").innerText();
        page.reload(); // the address names the answer
        expect(page.locator(".answer.done .question")).hasText(QUESTION);
        expect(page.locator(".text")).containsText(text.lines().findFirst().orElseThrow().substring(0, 10));
        expect(page.locator(".past a[aria-current]")).containsText(QUESTION);
    }

    @Test
    void takesDroppedAndChosenFilesShowsThemBeingReadAndAnswersFromThem() throws Exception {
        page.locator("a[href='#/desks']").click();
        page.getByLabel("New desk").fill("orchard");
        page.keyboard().press("Enter");
        expect(page.locator(".picker.empty")).containsText("This desk is empty");
        Path file = Files.writeString(temp.resolve("apples.txt"), "The orchard has 320 apple trees of the kind Boskoop.\n");
        page.locator("input[type=file]").setInputFiles(file);
        expect(page.locator("tbody th")).hasText("apples.txt");
        JSHandle dropped = page.evaluateHandle("() => { const t = new DataTransfer(); t.items.add(new File("
                + "['The pear trees of the orchard were planted in 1902 by two sisters.\\n'], 'pears.txt')); return t; }");
        page.locator(".page").dispatchEvent("drop", Map.of("dataTransfer", dropped));
        expect(page.locator("tbody th").filter(new Locator.FilterOptions().setHasText("pears.txt"))).isVisible();
        expect(page.locator(".reading .job")).hasCount(0); // it was polled until all was read
        expect(page.locator(".figures dd").first()).hasText("2");
        page.getByText("Ask this desk").click();
        expect(page.locator("#desk")).hasValue("orchard");
        ask("orchard", "When were the pear trees planted?");
        expect(page.locator(".lead")).containsText("1902");
        expect(page.locator(".answer.done .cost-line")).isVisible();
        page.navigate(served.server.address() + "/#/desks/orchard");
        page.getByLabel("Remove pears.txt").click();
        expect(page.locator("tbody th")).hasCount(1);
        page.getByText("Delete this desk").click();
        page.getByRole(AriaRole.BUTTON, new Page.GetByRoleOptions().setName("Delete").setExact(true)).click();
        expect(page.locator(".desk").first()).isVisible();
        expect(page.locator(".desk").filter(new Locator.FilterOptions().setHasText("orchard"))).hasCount(0);
    }

    @Test
    void aRefusedBudgetIsASentenceAndTheTextStays() throws Exception {
        String budget = "/v1/ledger/budgets/ever/person:anna";
        served.call("", "PUT", budget, "{'hard': '0.000001'}");
        try {
            ask("", "Is anything left for this question?");
            Locator notice = page.locator(".composer .notice");
            expect(notice).containsText("budget");
            expect(notice).containsText("Nothing was asked and nothing was spent.");
            assertThat(notice.innerText()).doesNotContain("{", "\"error\"", "undefined");
            expect(page.locator("#question")).hasValue("Is anything left for this question?");
            page.locator("a[href='#/costs']").click();
            expect(page.locator(".budgets")).containsText("person:anna");
            expect(page.locator("meter")).hasCount(1);
        } finally {
            served.call("", "DELETE", budget, "");
        }
        page.locator(".views a[href='#/']").click();
        expect(page.locator("#question")).hasValue("Is anything left for this question?");
        page.locator("#question").press("Enter");
        expect(page.locator(".answer.done .cost-line")).isVisible();
        expect(page.locator("#question")).hasValue("");
    }

    @Test
    void resumesTheAnswerWhenTheServerRestartsInMidStream() throws Exception {
        answerAtLength();
        ask("", "Write a long story about a fox who learns to read, with many chapters.");
        expect(page.locator(".answer.running .text")).containsText(Pattern.compile("\\S+ \\S+ \\S+"));
        int port = served.server.port();
        served.close();
        String before = page.locator(".text").innerText();
        expect(page.locator(".answer .notice")).containsText("Connection lost, resuming");
        served = Served.smolLm2(temp.resolve("home"), port);
        expect(page.locator(".answer .notice")).isHidden();
        page.waitForFunction("n => document.querySelector('.text').innerText.length > n + 80", before.length());
        String now = page.locator(".text").innerText();
        JsonNode kept = served.read(served.get("/v1/answers/" + page.url().replaceAll(".*#/a/", "")).body());
        assertThat(letters(now)).startsWith(letters(before)).hasSizeGreaterThan(letters(before).length());
        assertThat(letters(kept.get("answer").stringValue())).startsWith(letters(now));
        page.getByLabel("Stop the answer").click();
        expect(page.locator(".answer.cancelled .notice")).containsText("Stopped");
    }

    /** The model's answers from here on are the same each time, and very long: its end tokens are forbidden. */
    private void answerAtLength() {
        page.route("**/v1/answers", r -> r.resume(r.request().method().equals("POST")
                ? new Route.ResumeOptions().setPostData(r.request().postData().replace("\"max_tokens\":1024",
                        "\"max_tokens\":6000,\"seed\":7,\"logit_bias\":{\"0\":-100,\"2\":-100}")) : null));
    }

    /** Numbers of lists are not part of a text that is shown. */
    private static String letters(String text) {
        return text.replaceAll("[^\\p{L}]", "");
    }

    @Test
    void isUsedByKeyboardAlone() {
        page.keyboard().press("Shift+Tab");
        expect(page.locator("#question")).not().isFocused();
        page.keyboard().press("/");
        expect(page.locator("#question")).isFocused();
        page.locator("#desk").focus();
        page.keyboard().type("lighthouse");
        expect(page.locator("#desk")).hasValue("lighthouse");
        page.keyboard().press("Shift+Tab");
        expect(page.locator("#question")).isFocused();
        page.keyboard().type("Where does the");
        page.keyboard().press("Shift+Enter");
        page.keyboard().type("lighthouse stand?");
        expect(page.locator("#question")).hasValue("Where does the\nlighthouse stand?");
        page.keyboard().press("Enter");
        expect(page.locator(".answer.done .cost-line")).isVisible();
        expect(page.locator("#question")).isFocused();
        tabTo(".source");
        page.keyboard().press("Enter");
        expect(page.locator(".panel .icon")).isFocused();
        page.keyboard().press("Escape");
        expect(page.locator(".source").first()).isFocused();
        page.keyboard().press("/");
        page.locator("#desk").selectOption("");
        page.locator("#question").focus();
        answerAtLength();
        page.keyboard().type("Count from one to a thousand, in words, all of them.");
        page.keyboard().press("Enter");
        expect(page.locator(".answer.running .text")).not().isEmpty();
        page.keyboard().press("Escape");
        expect(page.locator(".answer.cancelled .notice")).containsText("Stopped");
    }

    /** Moves on with the Tab key, and looks that one sees where one is. */
    private void tabTo(String selector) {
        for (int i = 0; i < 60; i++) {
            page.keyboard().press("Shift+Tab");
            Object outline = page.evaluate("() => { const e = document.activeElement; const s = getComputedStyle(e); "
                    + "return e === document.body || e.closest('.radios label, .box') !== null "
                    + "|| s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 2; }");
            assertThat(outline).as("focus is seen").isEqualTo(true);
            if (Boolean.TRUE.equals(page.evaluate("s => document.activeElement.matches(s)", selector))) {
                while (!Boolean.TRUE.equals(page.evaluate("s => document.activeElement === document.querySelector(s)", selector))) {
                    page.keyboard().press("Shift+Tab");
                }
                return;
            }
        }
        throw new AssertionError("the Tab key does not reach " + selector);
    }

    @Test
    void fitsAPhoneInLightAndDarkAndEverythingHasAName() {
        for (ColorScheme scheme : List.of(ColorScheme.LIGHT, ColorScheme.DARK)) {
            open(new Browser.NewContextOptions().setViewportSize(375, 740).setIsMobile(true).setHasTouch(true)
                    .setColorScheme(scheme));
            ask("lighthouse", QUESTION);
            expect(page.locator(".answer.done .cost-line")).isVisible();
            checkView("an answer, " + scheme);
            page.locator(".source").first().tap();
            expect(page.locator(".panel .quoted").first()).isVisible();
            assertThat(page.locator(".panel").boundingBox().width).isBetween(374.5, 375.5);
            checkView("a document, " + scheme);
            page.getByLabel("Close the document").tap();
            page.getByLabel("Menu").tap();
            page.locator("a[href='#/desks']").tap();
            expect(page.locator(".desk").first()).isVisible();
            checkView("desks, " + scheme);
            page.locator(".desk").first().tap();
            expect(page.locator(".figures")).isVisible();
            checkView("a desk, " + scheme);
            page.navigate(served.server.address() + "/#/costs");
            expect(page.locator(".chart canvas")).isVisible();
            checkView("costs, " + scheme);
        }
    }

    /** Rules of axe that can be said in a few lines: names, labels, ids, headings, contrast, nothing wider than the screen. */
    private void checkView(String where) {
        assertThat(page.evaluate(Access.CHECK)).as(where).isEqualTo(List.of());
    }

    @Test
    void whatDocumentsAndModelsWriteDoesNotRun() throws Exception {
        String hostile = "<img src=x onerror='window.ran=1'><script>window.ran=1</script>[x](javascript:window.ran=1)\n"
                + "<iframe src='https://example.org/'></iframe><svg onload='window.ran=1'></svg>"
                + "<form action='https://example.org/'><input name=q></form><style>body{display:none}</style>"
                + "![x](https://example.org/pixel.png)"
                + "<a href='https://example.org/' ping='https://example.org/' id=question class=veil>the hostile harbour</a>\n";
        post("/v1/desks", "{'name': 'harbour'}");
        put("harbour", "harbour.md", "# Harbour\n\n" + hostile.replace('\'', '"'));
        awaitRead("harbour", 1);
        String text = served.text(Json.object().put("text", hostile).get("text"));
        String events = ("id: 1\nevent: answer\ndata: {'id':'evil','model':'smollm2','desk':'harbour','created':'',"
                + "'question':@}\n\nid: 2\nevent: text\ndata: {'text':@}\n\nid: 3\nevent: done\ndata: {'answer':@}\n\n")
                .replace('\'', '"').replace("@", text);
        page.route("**/v1/answers/evil", r -> r.fulfill(
                new Route.FulfillOptions().setContentType("text/event-stream").setBody(events)));
        page.navigate(served.server.address() + "/#/a/evil");
        page.reload();
        expect(page.locator(".answer.done .text")).containsText("the hostile harbour");
        assertThat(page.locator(".text :is(img, script, iframe, svg, form, input, style, [id], [onerror], [ping], "
                + "[href^=javascript])").count()).isZero();
        expect(page.locator("#question")).isVisible();
        ask("harbour", "Where is the hostile harbour?");
        expect(page.locator(".answer.done .cost-line")).isVisible();
        page.locator(".lead").last().click();
        expect(page.locator(".panel .quoted").first()).isVisible();
        assertThat(page.evaluate("() => window.ran")).isNull();
        Object refused = page.evaluate("() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; "
                + "document.head.append(s); return window.ran; }");
        assertThat(refused).as("the policy alone would stop it too").isNull();
    }

    @Test
    void aServerThatIsGoneIsASentenceAndTheTextStays() {
        page.route("**/v1/answers", r -> {
            if (r.request().method().equals("POST")) {
                r.abort();
            } else {
                r.resume();
            }
        });
        ask("", "Is anybody there?");
        expect(page.locator(".composer .notice")).containsText("The server does not answer.");
        expect(page.locator("#question")).hasValue("Is anybody there?");
        page.unroute("**/v1/answers");
        page.getByText("Ask again").click();
        expect(page.locator(".answer.done .cost-line")).isVisible();
        expect(page.locator(".past li").filter(new Locator.FilterOptions().setHasText("Is anybody there?"))).hasCount(1);
    }

    @Test
    void asksForAKeyOnceAndGoesOnWithIt() throws Exception {
        try (Served keyed = Served.keyed(Files.createDirectory(temp.resolve("keyed")), Limits.DEFAULT)) {
            String secret = keyed.key("anna", Key.Role.USER);
            Page other = context.newPage();
            other.onPageError(failures::add);
            other.navigate(keyed.server.address() + "/");
            Locator field = other.getByLabel("Key", new Page.GetByLabelOptions().setExact(true));
            field.fill("lh_wrong");
            other.keyboard().press("Enter");
            expect(other.locator("dialog .notice")).containsText("does not know this key");
            field.fill(secret);
            other.keyboard().press("Enter");
            expect(other.locator("dialog")).hasCount(0);
            other.locator("#question").fill("Good morning.");
            other.locator("#question").press("Enter");
            expect(other.locator(".answer.done .cost-line")).isVisible();
            other.reload();
            expect(other.locator(".answer.done .question")).hasText("Good morning.");
            expect(other.locator("dialog")).hasCount(0);
            assertThat(other.evaluate("() => localStorage.getItem('longhand.key')")).as("only where one asked for it").isNull();
        }
    }
}
