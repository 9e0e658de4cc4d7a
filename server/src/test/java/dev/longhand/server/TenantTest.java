package dev.longhand.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.longhand.base.Clock;
import dev.longhand.ledger.By;
import dev.longhand.ledger.Filter;
import dev.longhand.ledger.Group;
import dev.longhand.ledger.Key;
import dev.longhand.lm.DocumentMemory;
import dev.longhand.lm.LanguageModel;
import dev.longhand.lm.SequenceSpec;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Goal: what is read of a team's desk is read for the team and paid by who asked for it. Method: the real model, watched as its
 * memory is read into.
 */
@Timeout(30) // a job that never ends
class TenantTest {
    @TempDir
    private Path folder;

    private final Set<String> tenants = ConcurrentHashMap.newKeySet();

    private <T> T watched(Class<T> type, T real) {
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            try {
                Object result = method.invoke(real, arguments);
                if (arguments != null && method.getName().equals("read")) {
                    List.of(arguments).stream().filter(SequenceSpec.class::isInstance)
                            .forEach(s -> tenants.add(((SequenceSpec) s).tenant()));
                }
                return result instanceof DocumentMemory memory ? watched(DocumentMemory.class, memory) : result;
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }));
    }

    @Test
    void aTeamsDeskIsReadForTheTeamAndPaidByWhoAsked() throws Exception {
        try (Served served = Served.watched(folder, m -> watched(LanguageModel.class, m))) {
            String red = served.key("red", Key.Role.USER, "red");
            assertThat(served.call(red, "POST", "/v1/desks", "{'name': 'boats'}").status()).isEqualTo(201);
            assertThat(served.call(red, "POST", "/v1/desks/boats/documents?name=boats.md", "The ferry leaves at seven.").status())
                    .isEqualTo(202);
            while (served.books.reports().report(By.DAY, Filter.ALL.only(By.MODEL, Served.MODEL)).groups().isEmpty()
                    || !served.call(red, "GET", "/v1/desks/boats", "").body().get("reading").isEmpty()) {
                Clock.SYSTEM.sleep(20_000_000);
            }
            assertThat(tenants).containsExactly("red");
            assertThat(served.books.reports().report(By.ACCOUNT, Filter.ALL).groups()).extracting(Group::key)
                    .containsExactly("person:red");
            assertThat(served.books.reports().report(By.PERSON, Filter.ALL).groups()).extracting(Group::key).containsExactly("red");
        }
    }
}
