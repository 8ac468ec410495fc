using System.Buffers;
using System.Text;

namespace Marketplace.Chain;

/// <summary><c>bytes</c>, and <c>string</c>, which is UTF-8: a length, so many bytes, and zeros up to a whole word.</summary>
internal sealed class AbiBytes(bool isText) : AbiType
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override string Name => isText ? "string" : "bytes";

    internal override bool IsDynamic => true;

    internal override bool IsValueType => false;

    internal override void Write(object value, ArrayBufferWriter<byte> bytes)
    {
        var given =
            isText && value is string text ? Bytes(text)
            : !isText && value is byte[] content ? content
            : throw Foreign(value);
        WriteCount(given.Length, bytes);
        var padded = bytes.GetSpan(Padded(given.Length))[..Padded(given.Length)];
        padded.Clear();
        given.CopyTo(padded);
        bytes.Advance(padded.Length);
    }

    internal override object Read(ReadOnlySpan<byte> bytes, out int size)
    {
        var length = ReadCount(bytes, bytes.Length - WordSize);
        var given = bytes.Slice(WordSize, length);
        var padded = Padded(length);
        if (bytes.Length - WordSize < padded)
        {
            throw new AbiException("The bytes end before the value does.");
        }
        RequireZero(bytes[WordSize..][length..padded]);
        size = WordSize + padded;
        return isText ? Text(given) : given.ToArray();
    }

    private protected override ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> encoding) =>
        encoding.Slice(WordSize, ReadCount(encoding, encoding.Length));

    private static byte[] Bytes(string text)
    {
        try
        {
            return Utf8.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            throw new AbiException("A string has half of a surrogate pair, which UTF-8 has no bytes for.");
        }
    }

    private static string Text(ReadOnlySpan<byte> given)
    {
        try
        {
            return Utf8.GetString(given);
        }
        catch (DecoderFallbackException)
        {
            throw new AbiException("A string is not UTF-8.");
        }
    }

    private static int Padded(int length) => (length + WordSize - 1) / WordSize * WordSize;
}

/// <summary><c>T[]</c> and <c>T[N]</c>.</summary>
internal sealed class AbiArray : AbiType
{
    private readonly AbiType _element;
    private readonly int? _length;

    /// <param name="element">Whose values take at least a word: else a few bytes could say that there are millions.</param>
    /// <param name="length">Null: each value says its own.</param>
    public AbiArray(AbiType element, int? length)
    {
        if (element.HeadSize == 0 || length == 0)
        {
            throw new AbiException($"There is no array of {length} {element.Name}.");
        }
        (_element, _length) = (element, length);
        IsDynamic = length is null || element.IsDynamic;
        HeadSize = IsDynamic ? WordSize : RequireSize((long)element.HeadSize * length!.Value);
        Depth = RequireDepth(element.Depth + 1);
        // The heads of elements that differ in size are of one size too, and are reserved before they are read.
        _ = RequireSize((long)element.HeadSize * (length ?? 1));
    }

    public override string Name => $"{_element.Name}[{_length}]";

    internal override bool IsDynamic { get; }

    internal override int HeadSize { get; }

    internal override bool IsValueType => false;

    internal override int Depth { get; }

    internal override void Write(object value, ArrayBufferWriter<byte> bytes)
    {
        var values = value as object[] ?? throw Foreign(value);
        if (_length is { } length && values.Length != length)
        {
            throw new AbiException($"A value of {Name} has {values.Length} elements.");
        }
        if (_length is null)
        {
            WriteCount(values.Length, bytes);
        }
        AbiTuple.WriteAll(_ => _element, values, bytes);
    }

    internal override object Read(ReadOnlySpan<byte> bytes, out int size)
    {
        var before = _length is null ? WordSize : 0;
        var count = _length ?? ReadCount(bytes, (bytes.Length - WordSize) / _element.HeadSize);
        var values = AbiTuple.ReadAll(_ => _element, count, bytes[before..], out size);
        size += before;
        return values;
    }

    private protected override ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> encoding)
    {
        var inner = _element;
        while (inner is AbiArray array)
        {
            inner = array._element;
        }
        return !_element.IsDynamic && inner.IsValueType
            ? encoding[(_length is null ? WordSize : 0)..]
            : throw new AbiException($"Values of {Name} have no packed form.");
    }
}

/// <summary><c>(T1,T2,…)</c>: also the arguments and the answer of a function.</summary>
public sealed class AbiTuple : AbiType
{
    private readonly AbiType[] _items;

    /// <exception cref="AbiException">The items take too much, or are too deep.</exception>
    public AbiTuple(IEnumerable<AbiType> items)
    {
        _items = [.. items];
        IsDynamic = Array.Exists(_items, item => item.IsDynamic);
        var heads = RequireSize(_items.Sum(item => (long)item.HeadSize));
        HeadSize = IsDynamic ? WordSize : heads;
        Depth = RequireDepth(_items.Select(item => item.Depth).DefaultIfEmpty().Max() + 1);
    }

    public IReadOnlyList<AbiType> Items => _items;

    public override string Name => $"({string.Join(',', _items.Select(item => item.Name))})";

    internal override bool IsDynamic { get; }

    internal override int HeadSize { get; }

    internal override bool IsValueType => false;

    internal override int Depth { get; }

    internal override void Write(object value, ArrayBufferWriter<byte> bytes)
    {
        var values = value as object[] ?? throw Foreign(value);
        if (values.Length != _items.Length)
        {
            throw new AbiException($"A value of {Name} has {values.Length} items.");
        }
        WriteAll(index => _items[index], values, bytes);
    }

    internal override object Read(ReadOnlySpan<byte> bytes, out int size) =>
        ReadAll(index => _items[index], _items.Length, bytes, out size);

    private protected override ReadOnlySpan<byte> Pack(ReadOnlySpan<byte> encoding) =>
        throw new AbiException($"Values of {Name} have no packed form.");

    internal static void WriteAll(Func<int, AbiType> typeOf, object[] values, ArrayBufferWriter<byte> bytes)
    {
        var heads = values.Select((_, index) => typeOf(index).HeadSize).Sum();
        var tail = new ArrayBufferWriter<byte>();
        for (var index = 0; index < values.Length; index++)
        {
            var type = typeOf(index);
            if (type.IsDynamic)
            {
                WriteCount(heads + tail.WrittenCount, bytes);
            }
            type.Write(values[index], type.IsDynamic ? tail : bytes);
        }
        bytes.Write(tail.WrittenSpan);
    }

    /// <summary>
    /// Values stand behind the heads in the order of these, without gaps and each once: else few bytes could say many values by naming one
    /// place again and again.
    /// </summary>
    internal static object[] ReadAll(Func<int, AbiType> typeOf, int count, ReadOnlySpan<byte> bytes, out int size)
    {
        size = Enumerable.Range(0, count).Sum(index => typeOf(index).HeadSize);
        if (size > bytes.Length)
        {
            throw new AbiException("The bytes end before the value does.");
        }
        var values = new object[count];
        var head = 0;
        for (var index = 0; index < count; index++)
        {
            var type = typeOf(index);
            if (!type.IsDynamic)
            {
                values[index] = type.Read(bytes[head..], out var taken);
                head += taken;
                continue;
            }
            if (ReadCount(bytes[head..], bytes.Length) != size)
            {
                throw new AbiException("A value stands in another place than behind the one before it.");
            }
            values[index] = type.Read(bytes[size..], out var its);
            head += WordSize;
            size += its;
        }
        return values;
    }
}
