using System.Security.Cryptography;
using Marketplace.Engine.Guests;

namespace Marketplace.Guests.Tests;

/// <summary>Program state in memory. Its root is a hash over all keys and values.</summary>
internal sealed class MapState : IGuestState
{
    private readonly SortedDictionary<string, ReadOnlyMemory<byte>> _values = new(StringComparer.Ordinal);

    public void Apply(IEnumerable<StateWrite> writes) => Apply(_values, writes);

    public bool TryGet(ReadOnlyMemory<byte> key, out ReadOnlyMemory<byte> value) => _values.TryGetValue(Name(key), out value);

    public IReadOnlyList<ReadOnlyMemory<byte>> List(ReadOnlyMemory<byte> prefix) =>
        [
            .. _values
                .Keys.Where(key => key.StartsWith(Name(prefix), StringComparison.Ordinal))
                .Select(key => new ReadOnlyMemory<byte>(Convert.FromHexString(key))),
        ];

    public StateRoot RootWith(IReadOnlyList<StateWrite> writes)
    {
        var values = new SortedDictionary<string, ReadOnlyMemory<byte>>(_values, StringComparer.Ordinal);
        Apply(values, writes);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (key, value) in values)
        {
            hash.AppendData(SHA256.HashData(Convert.FromHexString(key)));
            hash.AppendData(SHA256.HashData(value.Span));
        }

        return new StateRoot(new Bytes32(hash.GetHashAndReset()));
    }

    private static void Apply(SortedDictionary<string, ReadOnlyMemory<byte>> values, IEnumerable<StateWrite> writes)
    {
        foreach (var write in writes)
        {
            if (write.Value is { } value)
            {
                values[Name(write.Key)] = value;
            }
            else
            {
                values.Remove(Name(write.Key));
            }
        }
    }

    private static string Name(ReadOnlyMemory<byte> key) => Convert.ToHexString(key.Span);
}
