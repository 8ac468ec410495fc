namespace Marketplace.Engine.Decode;

internal ref partial struct ModuleDecoder
{
    private readonly void Types(ref ByteReader reader)
    {
        for (var left = reader.Count(_limits.TypesMax, "types"); left > 0; left--)
        {
            _content.Types.Add(TypeReader.Function(ref reader, _limits));
        }
    }

    private readonly void ReadImports(ref ByteReader reader)
    {
        for (var left = reader.Count(_limits.ImportsMax, "imports"); left > 0; left--)
        {
            var module = reader.Name(_limits.NameBytesMax);
            var name = reader.Name(_limits.NameBytesMax);
            var offset = reader.Position;
            var kind = (ExternalKind)reader.Byte();
            _content.Imports.Add(new ModuleImport(module, name, kind, ImportType(ref reader, kind, offset)));
        }

        _content.ImportedFunctions = _content.FunctionTypes.Count;
        _content.DeclaredReferences.Length = _content.FunctionTypes.Count;
        _content.ImportedTables = _content.Tables.Count;
        _content.ImportedMemories = _content.Memories.Count;
        _content.ImportedGlobals = _content.Globals.Count;
    }

    private readonly ExternalType ImportType(ref ByteReader reader, ExternalKind kind, int offset)
    {
        switch (kind)
        {
            case ExternalKind.Function:
                var index = TypeIndex(ref reader);
                _content.FunctionTypes.Add(index);
                return _content.Types[index];
            case ExternalKind.Table:
                _content.Tables.Add(TypeReader.Table(ref reader));
                return _content.Tables[^1];
            case ExternalKind.Memory:
                _content.Memories.Add(TypeReader.Memory(ref reader));
                return _content.Memories[^1];
            case ExternalKind.Global:
                _content.Globals.Add(TypeReader.Global(ref reader));
                return _content.Globals[^1];
            default:
                throw new InvalidModuleException(ModuleFault.Malformed, offset, "malformed import kind");
        }
    }

    private readonly int TypeIndex(ref ByteReader reader)
    {
        var offset = reader.Position;
        var index = reader.U32();
        return index < (uint)_content.Types.Count
            ? (int)index
            : throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown type {index}");
    }

    private readonly void Functions(ref ByteReader reader)
    {
        var count = reader.Count(_limits.FunctionsMax, "functions");
        _content.FunctionTypes.Capacity = _content.FunctionTypes.Count + count;
        for (var left = count; left > 0; left--)
        {
            _content.FunctionTypes.Add(TypeIndex(ref reader));
        }

        _content.DeclaredReferences.Length = _content.FunctionTypes.Count;
    }

    private readonly void Tables(ref ByteReader reader)
    {
        for (var left = reader.Count(_limits.TablesMax, "tables"); left > 0; left--)
        {
            _content.Tables.Add(TypeReader.Table(ref reader));
        }
    }

    private readonly void Memories(ref ByteReader reader)
    {
        var offset = reader.Position;
        for (var left = reader.Count(int.MaxValue, "memories"); left > 0; left--)
        {
            if (_content.Memories.Count >= _limits.MemoriesMax)
            {
                // Core 2.0 knows no more than one, so this is no limit of ours.
                throw new InvalidModuleException(ModuleFault.Invalid, offset, "multiple memories");
            }

            _content.Memories.Add(TypeReader.Memory(ref reader));
        }
    }

    private readonly void Globals(ref ByteReader reader)
    {
        for (var left = reader.Count(_limits.GlobalsMax, "globals"); left > 0; left--)
        {
            _content.Globals.Add(TypeReader.Global(ref reader));
            _content.GlobalValues.Add(ConstantReader.Read(ref reader, _content, _limits));
        }
    }

    private readonly void Exports(ref ByteReader reader)
    {
        var names = new HashSet<string>();
        for (var left = reader.Count(_limits.ExportsMax, "exports"); left > 0; left--)
        {
            var offset = reader.Position;
            var name = reader.Name(_limits.NameBytesMax);
            var kind = reader.Byte();
            if (kind > (byte)ExternalKind.Global)
            {
                throw reader.Malformed("malformed export kind");
            }

            var index = reader.U32();
            _content.Exports.Add(new ModuleExport(name, (ExternalKind)kind, (int)index, ExportType((ExternalKind)kind, index, offset)));
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
            ExternalKind.Function => (_content.FunctionTypes.Count, "function"),
            ExternalKind.Table => (_content.Tables.Count, "table"),
            ExternalKind.Memory => (_content.Memories.Count, "memory"),
            _ => (_content.Globals.Count, "global"),
        };
        if (index >= (uint)count)
        {
            throw new InvalidModuleException(ModuleFault.Invalid, offset, $"unknown {word} {index}");
        }

        switch (kind)
        {
            case ExternalKind.Function:
                _content.DeclaredReferences[(int)index] = true;
                return _content.TypeOfFunction((int)index);
            case ExternalKind.Table:
                return _content.Tables[(int)index];
            case ExternalKind.Memory:
                return _content.Memories[(int)index];
            default:
                return _content.Globals[(int)index];
        }
    }

    private readonly void Code(ref ByteReader reader)
    {
        var locals = 0;
        var count = reader.Count(_limits.FunctionsMax, "function bodies");
        _content.Bodies.Capacity = count;
        for (var left = count; left > 0; left--)
        {
            var length = reader.Length();
            if (length > _limits.BodyBytesMax)
            {
                throw new InvalidModuleException(
                    ModuleFault.LimitExceeded,
                    reader.Position,
                    $"a function body of {length} bytes, the limit is {_limits.BodyBytesMax}"
                );
            }

            var body = new ByteReader(_bytes.Span, reader.Position, reader.Position + length);
            reader.Skip(length);
            _content.Bodies.Add(Body(ref body));
            locals += _content.Bodies[^1].LocalCount;
            if (locals > _limits.ModuleLocalsMax)
            {
                throw new InvalidModuleException(
                    ModuleFault.LimitExceeded,
                    body.Position,
                    $"{locals} locals of all functions, the limit is {_limits.ModuleLocalsMax}"
                );
            }
        }
    }

    private readonly FunctionBody Body(ref ByteReader reader)
    {
        var groups = reader.Count(_limits.LocalsMax, "groups of locals");
        LocalRun[] runs = groups == 0 ? [] : new LocalRun[groups];
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

        return total <= (ulong)_limits.LocalsMax
            ? new FunctionBody(reader.Position, reader.End, runs, (int)total)
            : throw new InvalidModuleException(
                ModuleFault.LimitExceeded,
                reader.Position,
                $"{total} locals, the limit is {_limits.LocalsMax}"
            );
    }

    private readonly void Data(ref ByteReader reader)
    {
        for (var left = reader.Count(_limits.DataSegmentsMax, "data segments"); left > 0; left--)
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

            if (flags != 1 && _content.Memories.Count == 0)
            {
                throw new InvalidModuleException(ModuleFault.Invalid, offset, "unknown memory 0");
            }

            var address = flags == 1 ? default : ConstantReader.Read(ref reader, _content, _limits);
            var length = reader.Length();
            var data = _bytes.Slice(reader.Position, length);
            reader.Skip(length);
            _content.Data.Add(new DataSegment(flags == 1 ? SegmentMode.Passive : SegmentMode.Active, address, data, offset));
        }
    }
}
