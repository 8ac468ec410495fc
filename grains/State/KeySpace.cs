using System.Buffers.Binary;
using System.Collections.Immutable;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>
/// Keys and values in byte order, with their root: derive-key BLAKE3 over every entry in order, as length of the key (u32 LE), key, length
/// of the value (u32 LE), value; all zero while there is no entry. Immutable, so a root can be tried without touching the state.
/// </summary>
internal sealed class KeySpace
{
    private static readonly Blake3Domain Domain = new("marketplace 2026 program state root v1");
    private static readonly Comparer<ReadOnlyMemory<byte>> ByteOrder = Comparer<ReadOnlyMemory<byte>>.Create(
        (left, right) => left.Span.SequenceCompareTo(right.Span)
    );

    private readonly ImmutableSortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> _entries;

    private KeySpace(ImmutableSortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> entries)
    {
        _entries = entries;
        Size = entries.Sum(entry => EntrySize(entry.Key, entry.Value));
        Root = RootOf(entries);
    }

    public static KeySpace Empty { get; } = new(ImmutableSortedDictionary.Create<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(ByteOrder));

    public StateRoot Root { get; }

    /// <summary>Bytes of all entries with their lengths.</summary>
    public int Size { get; }

    public int Count => _entries.Count;

    public IEnumerable<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> Entries => _entries;

    public static KeySpace Of(IEnumerable<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> entries) =>
        new(Empty._entries.AddRange(entries));

    public ReadOnlyMemory<byte>? Find(ReadOnlyMemory<byte> key) =>
        _entries.TryGetValue(key, out var value) ? value : (ReadOnlyMemory<byte>?)null;

    public ImmutableArray<ReadOnlyMemory<byte>> Keys(ReadOnlyMemory<byte> prefix) =>
        [.. _entries.Keys.SkipWhile(key => key.Span.SequenceCompareTo(prefix.Span) < 0).TakeWhile(key => key.Span.StartsWith(prefix.Span))];

    /// <summary>
    /// The state with the changes, applied in order. Keys and values are copied: a caller's buffer is not part of the state.
    /// </summary>
    public KeySpace With(ImmutableArray<StateChange> changes)
    {
        if (changes.Length == 0)
        {
            return this;
        }
        var entries = _entries.ToBuilder();
        foreach (var change in changes)
        {
            if (change.Value is { } value)
            {
                entries[change.Key.ToArray()] = value.ToArray();
            }
            else
            {
                entries.Remove(change.Key);
            }
        }

        return new KeySpace(entries.ToImmutable());
    }

    private static int EntrySize(ReadOnlyMemory<byte> key, ReadOnlyMemory<byte> value) =>
        checked((2 * sizeof(uint)) + key.Length + value.Length);

    private static StateRoot RootOf(ImmutableSortedDictionary<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> entries)
    {
        if (entries.Count == 0)
        {
            return default;
        }
        var material = new byte[entries.Sum(entry => EntrySize(entry.Key, entry.Value))];
        var rest = material.AsSpan();
        foreach (var (key, value) in entries)
        {
            rest = Put(rest, key.Span);
            rest = Put(rest, value.Span);
        }

        return new StateRoot(Domain.Hash(material));

        static Span<byte> Put(Span<byte> destination, ReadOnlySpan<byte> part)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(destination, (uint)part.Length);
            part.CopyTo(destination[sizeof(uint)..]);
            return destination[(sizeof(uint) + part.Length)..];
        }
    }
}
