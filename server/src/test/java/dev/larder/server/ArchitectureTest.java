package dev.larder.server;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The arrows between modules and packages: what may use what. Here because the class path of these
 * tests has all that the server is made of.
 */
class ArchitectureTest {
  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          // Not ours, under a name of ours.
          .withImportOption(place -> !place.contains("/redis/engine/luaj/"))
          .importPackages("dev.larder");

  /** A package may use others of ours, itself, and whatever is not ours. */
  @ParameterizedTest
  @CsvSource({
    "dev.larder.core, ''",
    "dev.larder.core.spi, dev.larder.core",
    "dev.larder.core.wire, dev.larder.core",
    "dev.larder.core.engine, dev.larder.core dev.larder.core.spi",
    "dev.larder.client.protocol, dev.larder.core dev.larder.core.wire",
    "dev.larder.redis.client, dev.larder.core.spi",
    "dev.larder.redis.store, dev.larder.core dev.larder.core.spi dev.larder.redis.client",
  })
  void packagesUseOnlyWhatIsBelowThem(String user, String used) {
    List<String> allowed = new ArrayList<>(List.of(user));
    if (!used.isEmpty()) {
      allowed.addAll(List.of(used.split(" ", -1)));
    }
    assertThat(ALL.containPackage(user)).as("there is a package %s", user).isTrue();
    classes()
        .that()
        .resideInAPackage(user)
        .should()
        .onlyDependOnClassesThat(
            resideInAnyPackage(allowed.toArray(String[]::new))
                .or(not(resideInAPackage("dev.larder.."))))
        .check(ALL);
  }

  /** The server finds its shared store by the service loader. */
  @Test
  void theServerKnowsNoStoreByName() {
    noClasses()
        .that()
        .resideInAPackage("dev.larder.server..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.larder.redis.store..", "io.lettuce..")
        .check(ALL);
  }

  /** Only the databases of Redis over HTTP that are in a store speak to a Redis as such. */
  @Test
  void theServerKnowsAClientOfRedisInOnePlace() {
    noClasses()
        .that()
        .resideInAPackage("dev.larder.server..")
        .and()
        .resideOutsideOfPackage("dev.larder.server.redisrest.shared")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.larder.redis.client..")
        .check(ALL);
  }

  /** The server is a client of itself where the JVM watches it, and nowhere else. */
  @Test
  void onlyTheTrainingRunIsAClient() {
    noClasses()
        .that()
        .resideInAPackage("dev.larder.server..")
        .and()
        .doNotHaveSimpleName("TrainingRun")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.larder.client..")
        .check(ALL);
  }

  @Test
  void noProgramUsesTheTestkit() {
    noClasses()
        .that()
        .resideOutsideOfPackage("dev.larder.testkit..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.larder.testkit..")
        .check(ALL);
  }

  /** A library is used in one place, which could be replaced. */
  @ParameterizedTest
  @CsvSource({
    "io.lettuce.., dev.larder.redis..",
    "org.rocksdb.., dev.larder.server.store..",
    "com.github.luben.., dev.larder.redis.store..",
    "picocli.., dev.larder.server..",
    "io.vertx.., dev.larder.server..",
    "org.apache.datasketches.., dev.larder.server.metrics..",
    "io.micrometer.., dev.larder.server.metrics..",
    "io.prometheus.., dev.larder.server.metrics..",
  })
  void librariesAreUsedInOnePlace(String library, String place) {
    noClasses()
        .that()
        .resideOutsideOfPackage(place)
        .and()
        .resideInAPackage("dev.larder..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage(library)
        .check(ALL);
  }

  @Test
  void noPackagesAreInACircle() {
    slices().matching("dev.larder.(**)").should().beFreeOfCycles().check(ALL);
  }

  /** Whoever uses the store on Redis does so by what the service loader finds. */
  @Test
  void theStoreOnRedisHasOneDoor() {
    assertThat(
            ALL.stream()
                .filter(resideInAPackage("dev.larder.redis.store"))
                .filter(it -> it.getModifiers().contains(JavaModifier.PUBLIC)))
        .extracting(it -> it.getSimpleName())
        .containsExactly("RedisStoreProvider");
  }
}
