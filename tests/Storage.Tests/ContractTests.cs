using Marketplace.Storage.Contracts;
using Marketplace.Testing;

namespace Marketplace.Storage;

public sealed class EmbeddedDocumentStoreTests : DocumentStoreContract
{
    protected override ValueTask<StoreUnderTest> Open() => new(new RealStore());
}

public sealed class EmbeddedEventLogTests : EventLogContract
{
    protected override ValueTask<StoreUnderTest> Open() => new(new RealStore());
}

public sealed class EmbeddedListingTests : ListingContract
{
    protected override ValueTask<StoreUnderTest> Open() => new(new RealStore());
}

public sealed class SimulatedDocumentStoreTests : DocumentStoreContract
{
    protected override ValueTask<StoreUnderTest> Open() => new(new SimulatedUnderTest());
}

public sealed class SimulatedEventLogTests : EventLogContract
{
    protected override ValueTask<StoreUnderTest> Open() => new(new SimulatedUnderTest());
}

public sealed class SimulatedListingTests : ListingContract
{
    protected override ValueTask<StoreUnderTest> Open() => new(new SimulatedUnderTest());
}

public sealed class PostgresDocumentStoreTests(PostgresFixture postgres) : DocumentStoreContract
{
    protected override async ValueTask<StoreUnderTest> Open() => await PostgresUnderTest.Open(postgres);
}

public sealed class PostgresEventLogTests(PostgresFixture postgres) : EventLogContract
{
    protected override async ValueTask<StoreUnderTest> Open() => await PostgresUnderTest.Open(postgres);
}

public sealed class PostgresListingTests(PostgresFixture postgres) : ListingContract
{
    protected override async ValueTask<StoreUnderTest> Open() => await PostgresUnderTest.Open(postgres);
}

public sealed class EmbeddedStateStoreTests : StateStoreContract
{
    protected override ValueTask<StoreUnderTest> Make() => new(new RealStore());
}

public sealed class SimulatedStateStoreTests : StateStoreContract
{
    protected override ValueTask<StoreUnderTest> Make() => new(new SimulatedUnderTest());
}

public sealed class PostgresStateStoreTests(PostgresFixture postgres) : StateStoreContract
{
    protected override async ValueTask<StoreUnderTest> Make() => await PostgresUnderTest.Open(postgres);
}
