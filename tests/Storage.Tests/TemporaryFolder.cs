namespace Marketplace.Storage;

/// <summary>A folder that is gone after the test.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public TemporaryFolder() => Name = Directory.CreateTempSubdirectory("marketplace-storage-").FullName;

    public string Name { get; }

    public void Dispose() => Directory.Delete(Name, recursive: true);
}
