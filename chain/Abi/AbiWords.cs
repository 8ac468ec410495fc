using System.Buffers;
using System.Numerics;

namespace Marketplace.Chain;

/// <summary><c>uintN</c> and <c>intN</c>: a <see cref="BigInteger"/>.</summary>
internal sealed class AbiNumber(int bits, bool isSigned) : AbiType
{
    private readonly BigInteger _least = isSigned ? -(BigInteger.One << (bits - 1)) : 0;
    private readonly BigInteger _most = (BigInteger.One << (isSigned ? bits - 1 : bits)) - 1;

    public override string Name => $"{(isSigned ? "" : "u")}int{bits}";

    internal override bool IsDynamic => false;

    internal override void Write(object value, ArrayBufferWriter<byte> bytes)
    {
        if (value is not BigInteger number)
        {
            throw Foreign(value);
        }
        if (number < _least || number > _most)
        {
            throw new AbiException($"{number} is no {Name}: it is from {_least} to {_most}.");
        }
        var word = bytes.GetSpan(WordSize)[..WordSize];
        word.Fill(number.Sign < 0 ? byte.MaxValue : (byte)0);
        var digits = number.ToByteArray(isUnsigned: number.Sign >= 0, isBigEndian: true);
        digits.CopyTo(word[^digits.Length..]);
        bytes.Advance(WordSize);
    }

    internal override object Read(ReadOnlySpan<byte> bytes, out int size)
    {
        var number = new BigInteger(Word(bytes), isUnsigned: !isSigned, isBigEndian: true);
        size = WordSize;
        return number >= _least && number <= _most ? number : throw new AbiException($"{number} is no {Name}.");
    }

    private protected override ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> encoding) => encoding[^(bits / 8)..];
}

/// <summary><c>bool</c>.</summary>
internal sealed class AbiBool : AbiType
{
    public override string Name => "bool";

    internal override bool IsDynamic => false;

    internal override void Write(object value, ArrayBufferWriter<byte> bytes) =>
        WriteCount(value is bool flag ? (flag ? 1 : 0) : throw Foreign(value), bytes);

    internal override object Read(ReadOnlySpan<byte> bytes, out int size)
    {
        size = WordSize;
        return ReadCount(bytes, 1) == 1;
    }

    private protected override ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> encoding) => encoding[^1..];
}

/// <summary><c>address</c>: an <see cref="EvmAddress"/>.</summary>
internal sealed class AbiAddress : AbiType
{
    public override string Name => "address";

    internal override bool IsDynamic => false;

    internal override void Write(object value, ArrayBufferWriter<byte> bytes)
    {
        var word = value is EvmAddress address ? address.ToWord() : throw Foreign(value);
        word.CopyTo(bytes.GetSpan(WordSize)[..WordSize]);
        bytes.Advance(WordSize);
    }

    internal override object Read(ReadOnlySpan<byte> bytes, out int size)
    {
        var word = Word(bytes);
        RequireZero(word[..^EvmAddress.Size]);
        size = WordSize;
        return new EvmAddress(word[^EvmAddress.Size..]);
    }

    private protected override ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> encoding) => encoding[^EvmAddress.Size..];
}

/// <summary><c>bytesN</c>: so many bytes, and zeros behind them.</summary>
internal sealed class AbiFixedBytes(int length) : AbiType
{
    public override string Name => $"bytes{length}";

    internal override bool IsDynamic => false;

    internal override void Write(object value, ArrayBufferWriter<byte> bytes)
    {
        var given = value as byte[] ?? throw Foreign(value);
        if (given.Length != length)
        {
            throw new AbiException($"A value of {Name} has {given.Length} bytes.");
        }
        var word = bytes.GetSpan(WordSize)[..WordSize];
        word.Clear();
        given.CopyTo(word);
        bytes.Advance(WordSize);
    }

    internal override object Read(ReadOnlySpan<byte> bytes, out int size)
    {
        var word = Word(bytes);
        RequireZero(word[length..]);
        size = WordSize;
        return word[..length].ToArray();
    }

    private protected override ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> encoding) => encoding[..length];
}
