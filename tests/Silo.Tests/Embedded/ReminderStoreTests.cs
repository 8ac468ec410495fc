using Marketplace.GrainHost.Reminders;
using Marketplace.GrainHost.Tests;
using Marketplace.Silo;
using Marketplace.Storage;

namespace Marketplace.Tests.Silo;

public sealed class DocumentReminderStoreTests : ReminderStoreContract, IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private EmbeddedStore? _documents;

    protected override Task<IReminderStore> Open() => Task.FromResult<IReminderStore>(new DocumentReminderStore(OpenDocuments()));

    protected override async Task<IReminderStore> Reopen(IReminderStore store)
    {
        await _documents!.DisposeAsync();
        return new DocumentReminderStore(OpenDocuments());
    }

    public async ValueTask DisposeAsync()
    {
        await _documents!.DisposeAsync();
        _folder.Dispose();
    }

    private EmbeddedStore OpenDocuments() => _documents = EmbeddedStore.Open(_folder.Path, new EmbeddedStoreOptions(), TimeProvider.System);
}
