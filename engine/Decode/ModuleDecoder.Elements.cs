namespace Marketplace.Engine.Decode;

internal ref partial struct ModuleDecoder
{
    /// <summary>Bit 0: not active; bit 1: explicit table, or declarative; bit 2: expressions (core specification, 5.5.12).</summary>
    private readonly void Elements(ref ByteReader reader)
    {
        var elements = 0L;
        for (var left = reader.Count(_limits.ElementSegmentsMax, "element segments"); left > 0; left--)
        {
            var offset = reader.Position;
            var flags = reader.U32();
            if (flags > 7)
            {
                throw new InvalidModuleException(ModuleFault.Malformed, offset, "malformed elements segment kind");
            }

            var active = (flags & 1) == 0;
            var mode =
                active ? SegmentMode.Active
                : (flags & 2) != 0 ? SegmentMode.Declarative
                : SegmentMode.Passive;
            var table = active && (flags & 2) != 0 ? (int)reader.U32() : 0;
            if (active && (uint)table >= (uint)_content.Tables.Count)
            {
                throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown table {(uint)table}");
            }

            var address = active ? ConstantReader.Read(ref reader, _content, _limits) : default;
            var expressions = (flags & 4) != 0;
            var type = (flags & 3) == 0 ? WasmType.FuncRef : ItemType(ref reader, expressions);
            var count = reader.Count(int.MaxValue, "elements");
            elements += count;
            if (elements > _limits.ElementsMax)
            {
                throw new InvalidModuleException(
                    ModuleFault.LimitExceeded,
                    reader.Position,
                    $"{elements} elements of all segments, the limit is {_limits.ElementsMax}"
                );
            }

            var items = new ElementItem[count];
            for (var i = 0; i < items.Length; i++)
            {
                items[i] = expressions ? ExpressionItem(ref reader, type) : FunctionItem(ref reader);
            }

            _content.Elements.Add(new ElementSegment(mode, type, table, address, items, offset));
        }
    }

    private static WasmType ItemType(ref ByteReader reader, bool expressions)
    {
        if (expressions)
        {
            return TypeReader.ReferenceType(ref reader);
        }

        return reader.Byte() == 0 ? WasmType.FuncRef : throw reader.Malformed("malformed element kind");
    }

    private readonly ElementItem ExpressionItem(ref ByteReader reader, WasmType type)
    {
        var value = ConstantReader.Read(ref reader, _content, _limits);
        if (value.Type != type)
        {
            throw new InvalidModuleException(ModuleFault.Invalid, value.Offset, "type mismatch");
        }

        return value.Kind switch
        {
            ConstantKind.RefFunc => ElementItem.OfFunction((int)value.Bits),
            ConstantKind.GlobalGet => ElementItem.OfGlobal((int)value.Bits),
            _ => ElementItem.Null,
        };
    }

    private readonly ElementItem FunctionItem(ref ByteReader reader)
    {
        var offset = reader.Position;
        var function = reader.U32();
        if (function >= (uint)_content.FunctionTypes.Count)
        {
            throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown function {function}");
        }

        _content.DeclaredReferences[(int)function] = true;
        return ElementItem.OfFunction((int)function);
    }
}
