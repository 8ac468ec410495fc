namespace Marketplace.Engine.Decode;

internal ref partial struct ModuleDecoder
{
    private readonly void Types(ref ByteReader reader)
    {
        for (var left = reader.Count(limits.TypesMax, "types"); left > 0; left--)
        {
            content.Types.Add(TypeReader.Function(ref reader, limits));
        }
    }

    private readonly void ReadImports(ref ByteReader reader)
    {
        for (var left = reader.Count(limits.ImportsMax, "imports"); left > 0; left--)
        {
            var module = reader.Name(limits.NameBytesMax);
            var name = reader.Name(limits.NameBytesMax);
            var offset = reader.Position;
            var kind = (ExternalKind)reader.Byte();
            content.Imports.Add(new ModuleImport(module, name, kind, ImportType(ref reader, kind, offset)));
        }

        content.ImportedFunctions = content.FunctionTypes.Count;
        content.ImportedTables = content.Tables.Count;
        content.ImportedMemories = content.Memories.Count;
        content.ImportedGlobals = content.Globals.Count;
    }

    private readonly ExternalType ImportType(ref ByteReader reader, ExternalKind kind, int offset)
    {
        switch (kind)
        {
            case ExternalKind.Function:
                var index = TypeIndex(ref reader);
                content.FunctionTypes.Add(index);
                return content.Types[index];
            case ExternalKind.Table:
                content.Tables.Add(TypeReader.Table(ref reader));
                return content.Tables[^1];
            case ExternalKind.Memory:
                content.Memories.Add(TypeReader.Memory(ref reader));
                return content.Memories[^1];
            case ExternalKind.Global:
                content.Globals.Add(TypeReader.Global(ref reader));
                return content.Globals[^1];
            default:
                throw new InvalidModuleException(ModuleFault.Malformed, offset, "malformed import kind");
        }
    }

    private readonly int TypeIndex(ref ByteReader reader)
    {
        var offset = reader.Position;
        var index = reader.U32();
        return index < (uint)content.Types.Count
            ? (int)index
            : throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown type {index}");
    }

    private readonly void Functions(ref ByteReader reader)
    {
        for (var left = reader.Count(limits.FunctionsMax, "functions"); left > 0; left--)
        {
            content.FunctionTypes.Add(TypeIndex(ref reader));
        }
    }

    private readonly void Tables(ref ByteReader reader)
    {
        for (var left = reader.Count(limits.TablesMax, "tables"); left > 0; left--)
        {
            content.Tables.Add(TypeReader.Table(ref reader));
        }
    }

    private readonly void Memories(ref ByteReader reader)
    {
        for (var left = reader.Count(int.MaxValue, "memories"); left > 0; left--)
        {
            content.Memories.Add(TypeReader.Memory(ref reader));
        }
    }

    private readonly void Globals(ref ByteReader reader)
    {
        for (var left = reader.Count(limits.GlobalsMax, "globals"); left > 0; left--)
        {
            content.Globals.Add(TypeReader.Global(ref reader));
            content.GlobalValues.Add(ConstantReader.Read(ref reader, content, limits));
        }
    }

    private readonly void Exports(ref ByteReader reader)
    {
        var names = new HashSet<string>();
        for (var left = reader.Count(limits.ExportsMax, "exports"); left > 0; left--)
        {
            var offset = reader.Position;
            var name = reader.Name(limits.NameBytesMax);
            var kind = reader.Byte();
            if (kind > (byte)ExternalKind.Global)
            {
                throw reader.Malformed("malformed export kind");
            }

            var index = reader.U32();
            content.Exports.Add(new ModuleExport(name, (ExternalKind)kind, (int)index, ExportType((ExternalKind)kind, index, offset)));
            if (!names.Add(name))
            {
                throw new InvalidModuleException(ModuleFault.Invalid, offset, "duplicate export name");
            }
        }
    }

    private readonly ExternalType ExportType(ExternalKind kind, uint index, int offset)
    {
        var (count, word) = kind switch
        {
            ExternalKind.Function => (content.FunctionTypes.Count, "function"),
            ExternalKind.Table => (content.Tables.Count, "table"),
            ExternalKind.Memory => (content.Memories.Count, "memory"),
            _ => (content.Globals.Count, "global"),
        };
        if (index >= (uint)count)
        {
            throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown {word} {index}");
        }

        switch (kind)
        {
            case ExternalKind.Function:
                content.DeclaredReferences.Add((int)index);
                return content.TypeOfFunction((int)index);
            case ExternalKind.Table:
                return content.Tables[(int)index];
            case ExternalKind.Memory:
                return content.Memories[(int)index];
            default:
                return content.Globals[(int)index];
        }
    }

    private readonly void Code(ref ByteReader reader)
    {
        for (var left = reader.Count(limits.FunctionsMax, "function bodies"); left > 0; left--)
        {
            var length = reader.Length();
            if (length > limits.BodyBytesMax)
            {
                throw new InvalidModuleException(
                    ModuleFault.LimitExceeded, reader.Position, $"a function body of {length} bytes, the limit is {limits.BodyBytesMax}");
            }

            var body = new ByteReader(bytes.Span, reader.Position, reader.Position + length);
            reader.Skip(length);
            content.Bodies.Add(Body(ref body));
        }
    }

    private readonly FunctionBody Body(ref ByteReader reader)
    {
        var runs = new LocalRun[reader.Count(limits.LocalsMax, "groups of locals")];
        var total = 0UL;
        for (var i = 0; i < runs.Length; i++)
        {
            var count = reader.U32();
            total += count;
            if (total > uint.MaxValue)
            {
                throw reader.Malformed("too many locals");
            }

            runs[i] = new LocalRun((int)count, TypeReader.ValueType(ref reader));
        }

        return total <= (ulong)limits.LocalsMax
            ? new FunctionBody(reader.Position, reader.End, runs, (int)total)
            : throw new InvalidModuleException(
                ModuleFault.LimitExceeded, reader.Position, $"{total} locals, the limit is {limits.LocalsMax}");
    }

    private readonly void Data(ref ByteReader reader)
    {
        for (var left = reader.Count(limits.DataSegmentsMax, "data segments"); left > 0; left--)
        {
            var offset = reader.Position;
            var flags = reader.U32();
            if (flags > 2)
            {
                throw new InvalidModuleException(ModuleFault.Malformed, offset, "malformed data segment kind");
            }

            if (flags == 2 && reader.U32() is var memory and not 0)
            {
                throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown memory {memory}");
            }

            if (flags != 1 && content.Memories.Count == 0)
            {
                throw new InvalidModuleException(ModuleFault.Invalid, offset, "unknown memory 0");
            }

            var address = flags == 1 ? default : ConstantReader.Read(ref reader, content, limits);
            var length = reader.Length();
            var data = bytes.Slice(reader.Position, length);
            reader.Skip(length);
            content.Data.Add(new DataSegment(flags == 1 ? SegmentMode.Passive : SegmentMode.Active, address, data, offset));
        }
    }
}
