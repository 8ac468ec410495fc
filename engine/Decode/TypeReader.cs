namespace Marketplace.Engine.Decode;

/// <summary>Types of the binary format (core specification, 5.3).</summary>
internal static class TypeReader
{
    // Bits of the flags before limits.
    private const int HasMax = 1;
    private const int IsShared = 2;

    public static bool IsValueType(byte value) => value is >= (byte)WasmType.V128 and <= (byte)WasmType.I32 || IsReferenceType(value);

    public static WasmType ValueType(ref ByteReader reader)
    {
        var offset = reader.Position;
        var value = reader.Byte();
        return IsValueType(value)
            ? (WasmType)value
            : throw new InvalidModuleException(ModuleFault.Malformed, offset, "malformed value type");
    }

    public static WasmType ReferenceType(ref ByteReader reader)
    {
        var offset = reader.Position;
        var value = reader.Byte();
        return IsReferenceType(value)
            ? (WasmType)value
            : throw new InvalidModuleException(ModuleFault.Malformed, offset, "malformed reference type");
    }

    private static int Flags(ref ByteReader reader, int max)
    {
        var offset = reader.Position;
        var flags = reader.Byte();
        if (flags > max)
        {
            // The bits of 64-bit memories and of flags written with more bytes than they need.
            var words = (flags & 0x80) != 0 ? "integer representation too long" : "integer too large";
            throw new InvalidModuleException(ModuleFault.Malformed, offset, words);
        }

        return flags;
    }

    private static SizeLimits Limits(ref ByteReader reader, int flags)
    {
        var min = reader.U32();
        return new SizeLimits(min, (flags & HasMax) != 0 ? reader.U32() : null);
    }

    public static TableType Table(ref ByteReader reader)
    {
        var element = ReferenceType(ref reader);
        return new TableType(element, Limits(ref reader, Flags(ref reader, HasMax)));
    }

    public static MemoryType Memory(ref ByteReader reader)
    {
        var flags = Flags(ref reader, HasMax | IsShared);
        return new MemoryType(Limits(ref reader, flags), (flags & IsShared) != 0);
    }

    public static GlobalType Global(ref ByteReader reader)
    {
        var type = ValueType(ref reader);
        var mutability = reader.Byte();
        return mutability <= 1 ? new GlobalType(type, mutability == 1) : throw reader.Malformed("malformed mutability");
    }

    public static FunctionType Function(ref ByteReader reader, EngineLimits limits)
    {
        if (reader.Byte() != 0x60)
        {
            throw reader.Malformed("malformed function type");
        }

        var parameters = ValueTypes(ref reader, limits.ParametersMax, "parameters");
        return new FunctionType([.. parameters], [.. ValueTypes(ref reader, limits.ResultsMax, "results")]);
    }

    private static WasmType[] ValueTypes(ref ByteReader reader, int max, string items)
    {
        var types = new WasmType[reader.Count(max, items)];
        for (var i = 0; i < types.Length; i++)
        {
            types[i] = ValueType(ref reader);
        }

        return types;
    }

    private static bool IsReferenceType(byte value) => value is (byte)WasmType.FuncRef or (byte)WasmType.ExternRef;
}
