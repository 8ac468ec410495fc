namespace Marketplace.Engine.Decode;

/// <summary>Types of the binary format (core specification, 5.3).</summary>
internal static class TypeReader
{
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

    public static SizeLimits Limits(ref ByteReader reader)
    {
        var offset = reader.Position;
        var flags = reader.Byte();
        if (flags > 1)
        {
            // The bits of shared memories, of 64-bit ones and of flags written with more bytes than they need.
            var words = (flags & 0x80) != 0 ? "integer representation too long" : "integer too large";
            throw new InvalidModuleException(ModuleFault.Malformed, offset, words);
        }

        var min = reader.U32();
        return new SizeLimits(min, flags == 1 ? reader.U32() : null);
    }

    public static TableType Table(ref ByteReader reader)
    {
        var element = ReferenceType(ref reader);
        return new TableType(element, Limits(ref reader));
    }

    public static MemoryType Memory(ref ByteReader reader) => new(Limits(ref reader));

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
