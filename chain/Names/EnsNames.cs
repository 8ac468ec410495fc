using System.Buffers;
using System.Text;
using Marketplace.Crypto;

namespace Marketplace.Chain;

/// <summary>Names of the Ethereum Name Service (<see href="https://eips.ethereum.org/EIPS/eip-137">EIP-137</see>).</summary>
public static class EnsNames
{
    /// <summary>A name that is longer fits into no query of the DNS, whose form resolvers use.</summary>
    private const int NameCharsMax = 253;

    private static readonly SearchValues<char> LabelCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>The name's node: what contracts know it by.</summary>
    /// <param name="name">Labels of small letters, digits, '-' and '_' with dots between them; empty: the root. Names with other
    /// characters are normalised first, which is not done here: two names that look alike would have two owners.</param>
    /// <exception cref="FormatException">It is no such name.</exception>
    public static Bytes32 Hash(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name.Length > NameCharsMax)
        {
            throw new FormatException($"A name has {name.Length} characters; allowed are {NameCharsMax}.");
        }
        Span<byte> parts = stackalloc byte[2 * Keccak256.DigestSize];
        parts.Clear();
        foreach (var label in name.Length == 0 ? [] : name.Split('.').Reverse())
        {
            if (label.Length == 0 || label.AsSpan().ContainsAnyExcept(LabelCharacters))
            {
                throw new FormatException($"'{AbiNames.Shown(label)}' is no label of small letters, digits, '-' and '_'.");
            }
            Keccak256.Hash(Encoding.ASCII.GetBytes(label), parts[Keccak256.DigestSize..]);
            Keccak256.Hash(parts, parts[..Keccak256.DigestSize]);
        }
        return new Bytes32(parts[..Keccak256.DigestSize]);
    }
}
