import dev.longhand.base.*;
import dev.longhand.desk.*;
import dev.longhand.engine.*;
import dev.longhand.lm.*;
import java.nio.file.Path;
import java.util.*;

/** Attaches documents of two desks, asks in four forks, writes down what came out and finds it again: MODEL.gguf HOME FOLDER FOLDER. */
public final class TwoDesks {
    public static void main(String[] args) throws Exception {
        Desks desks = new Desks(new Home(Path.of(args[1])), Disk.REAL, Clock.SYSTEM);
        EngineOptions options = EngineOptions.DEFAULT.withLookup(LookupOptions.DEFAULT);
        String hash = Sha256.ofFile(Path.of(args[0])).hex();
        try (LanguageModel model = LocalModel.open(Path.of(args[0]), "example", hash, options, Clock.SYSTEM);
                Desk pumps = desks.forFolder(Path.of(args[2]), "pumps"); Desk moths = desks.forFolder(Path.of(args[3]), "moths");
                DeskMemory one = DeskMemory.of(pumps, model).orElseThrow(); DeskMemory two = DeskMemory.of(moths, model).orElseThrow()) {
            pumps.refresh(ReadListener.SILENT);
            moths.refresh(ReadListener.SILENT);
            List<SegmentRef> attached = new ArrayList<>(two.segments("moth.md", Sink.SILENT));
            attached.addAll(one.segments("pump.md", Sink.SILENT));
            StringBuilder findings = new StringBuilder("# Findings\n\n");
            try (Sequence both = model.open(new SequenceSpec(512), attached)) {
                for (String question : List.of("In which year was the older pump installed?", "How many pumps are there?",
                        "On which bark does the silver moth lay its eggs?", "In which month does the moth lay its eggs?")) {
                    try (Sequence fork = both.fork()) {
                        int[] prompt = model.renderBehind(List.of(Message.user("Question: " + question + "\nAnswer in one sentence.")));
                        findings.append(fork.generate(prompt, GenerationSpec.greedy(40), Sink.SILENT).text().strip()).append('\n');
                    }
                }
            }
            String path = pumps.write("findings", findings.toString());
            pumps.refresh(ReadListener.SILENT);
            AskResult again = new Ask(pumps, model).withMemory(one, System.out::println)
                    .ask("On which bark does the silver moth lay its eggs?", AskSpec.DEFAULT, Sink.SILENT);
            System.out.println(findings + "written as " + path + "; asked again: " + again.text().strip());
            again.citations().forEach(citation -> System.out.println("from " + citation.place() + ": " + citation.quote()));
        }
    }
}
