using Marketplace.Tests;

namespace Marketplace.Benchmarks;

/// <summary>What a silo of this kind needs beside its data folder, and where its books are: nothing, and in that folder.</summary>
internal sealed class BenchmarkNode(string folder) : IAsyncDisposable
{
    public static Task<BenchmarkNode> Make(string folder) => Task.FromResult(new BenchmarkNode(folder));

    /// <summary>The options to start the silo with.</summary>
    public string[] Options => [];

    /// <summary>The data folders of its silos: there is one.</summary>
    public IEnumerable<string> Folders(int count) =>
        count == 1
            ? [folder]
            : throw new BenchmarkException($"--silos is {count}: an embedded market has one. Build with -p:GrainHost=orleans.");

    /// <summary>The books of the stopped silo.</summary>
    public Task<Books> ReadBooks() => Books.Read(folder);

    public ValueTask DisposeAsync() => default;
}
