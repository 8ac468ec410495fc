using System.Text;
using Marketplace.Engine.Guests;
using Marketplace.GrainHost.Simulation;
using Marketplace.GrainInterfaces;
using Marketplace.Storage;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Secrets from a seed.</summary>
internal sealed class SeededSecrets(ulong seed) : ISecretSource
{
    private readonly SeededChance _chance = new(seed);

    public void Fill(Span<byte> destination)
    {
        for (var index = 0; index < destination.Length; index++)
        {
            destination[index] = (byte)_chance.Next();
        }
    }
}

/// <summary>The grains' chance from a seed.</summary>
internal sealed class SeededJitter(ulong seed) : IChance
{
    private readonly SeededChance _chance = new(seed);

    public double Next() => (_chance.Next() >> 11) * (1.0 / (1UL << 53));
}

/// <summary>
/// Reads modules that are texts: "command", "command writes", "command clock", "command blobs", "onvm a,b" or
/// "invalid". What a real module is, the engine's tests show.
/// </summary>
internal sealed class TextModules(IBlobStore blobs) : IModuleInspector
{
    public async Task<ModuleInspection?> Inspect(BlobId module, CancellationToken cancellation)
    {
        if (await blobs.Open(module, cancellation: cancellation) is not { } content)
        {
            return null;
        }
        var text = await new StreamReader(content, Encoding.UTF8).ReadToEndAsync(cancellation);
        if (text.StartsWith("invalid", StringComparison.Ordinal))
        {
            return new ModuleInspection(text.Length, null, "Unknown opcode 0xFF at byte 17.");
        }
        string[] entries = text.StartsWith("onvm ", StringComparison.Ordinal) ? text.Split(' ')[1].Split(',') : ["_start"];
        var abi = text.StartsWith("onvm ", StringComparison.Ordinal) ? GuestAbi.Onvm : GuestAbi.WasiCommand;
        string[] imports =
            text.Contains("clock", StringComparison.Ordinal) ? ["wasi_snapshot_preview1.clock_time_get"]
            : text.Contains("blobs", StringComparison.Ordinal) ? ["env.onvm_blob_read"]
            : [];
        var info = new GuestInfo(abi, entries, text.Contains("writes", StringComparison.Ordinal), imports);
        return new ModuleInspection(text.Length, info, null);
    }
}

internal sealed class CollectingFeed : IResultsFeed
{
    public List<EndedJob> Ended { get; } = [];

    public bool IsWanted => true;

    /// <summary>The streams of news that have a listener.</summary>
    public HashSet<string> Listened { get; } = [];

    public List<(string Stream, MarketNews News)> News { get; } = [];

    public bool Wants(string stream) => Listened.Contains(stream);

    public void Publish(JobsEnded ended) => Ended.AddRange(ended.Jobs);

    public void Publish(string stream, MarketNews news) => News.Add((stream, news));
}
