using Marketplace.Storage.Contracts;

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
