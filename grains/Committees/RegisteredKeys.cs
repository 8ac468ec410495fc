using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Who may serve in committees.</summary>
/// <param name="Keys">Ascending by worker; no key is there twice.</param>
internal sealed record RegisteredKeys(ImmutableArray<RegisteredKey> Keys)
{
    /// <summary>The name of the state and the kind of its document.</summary>
    public const string Kind = "committee-keys";

    private const byte Format = 1;

    public static RegisteredKeys None { get; } = new([]);

    /// <returns>Null where the worker has none.</returns>
    public CommitteeKey? Find(WorkerId worker) => Keys.FirstOrDefault(registered => registered.Worker == worker)?.Key;

    /// <returns>Whose key it is; null: nobody's.</returns>
    public WorkerId? OwnerOf(CommitteeKey key) =>
        Keys.FirstOrDefault(registered => registered.Key.Key.Span.SequenceEqual(key.Key.Span))?.Worker;

    /// <summary>In the place of the worker's key before.</summary>
    public RegisteredKeys With(WorkerId worker, CommitteeKey key) =>
        new([.. Without(worker).Keys.Append(new RegisteredKey(worker, key)).OrderBy(registered => registered.Worker.Value)]);

    public RegisteredKeys Without(params IReadOnlyCollection<WorkerId> workers) =>
        new([.. Keys.Where(registered => !workers.Contains(registered.Worker))]);

    public static ReadOnlyMemory<byte> Write(RegisteredKeys state)
    {
        var writer = new CompactWriter(1024);
        writer.Byte(Format);
        writer.Count(state.Keys.Length);
        foreach (var (worker, key) in state.Keys)
        {
            writer.Id(worker.Value);
            writer.Bytes(key.Key.Span);
            writer.Bytes(key.Possession.Span);
            writer.Bytes(key.Registration.Span);
        }
        return writer.Finish();
    }

    public static RegisteredKeys Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new CompactReader(bytes);
        reader.Version(Format, "The keys of committees");
        var keys = new RegisteredKey[
            reader.Items(itemSizeMin: Bytes32.Size + BlsPublicKey.Size + BlsSignature.Size + Ed25519.SignatureSize)
        ];
        for (var index = 0; index < keys.Length; index++)
        {
            keys[index] = new RegisteredKey(new WorkerId(reader.Id()), new CommitteeKey(reader.Memory(), reader.Memory(), reader.Memory()));
        }
        reader.End();
        return new RegisteredKeys(ImmutableArray.Create(keys));
    }
}

internal sealed record RegisteredKey(WorkerId Worker, CommitteeKey Key);

/// <param name="Worker">Who.</param>
/// <param name="Key">What it signs with.</param>
/// <param name="Stake">What counts of what is at stake for it; not 0.</param>
internal sealed record StakedKey(WorkerId Worker, CommitteeKey Key, TokenAmount Stake);
