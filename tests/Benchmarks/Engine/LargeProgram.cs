using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Benchmarks.Engine;

/// <summary>
/// A large program made of a small real one: its functions so many times over, each call going to one of the copies, chosen by a seed.
/// Nothing that it does changes, but what runs is spread over the whole module and is met for the first time, as in a large program.
/// </summary>
internal sealed class LargeProgram
{
    private const byte FunctionSection = 3;
    private const byte CodeSection = 10;
    private const int HeaderBytes = 8;

    private readonly ModuleContent _content;
    private readonly int _copies;
    private readonly int _seed;

    private LargeProgram(ModuleContent content, int copies, int seed) => (_content, _copies, _seed) = (content, copies, seed);

    /// <param name="program">A WASI command.</param>
    /// <param name="bytesMin">What the result has at least.</param>
    /// <param name="seed">Another one gives another module.</param>
    public static byte[] Make(byte[] program, int bytesMin, int seed)
    {
        var content = WasmModule.Decode(program, EngineLimits.Default).Content;
        var codeBytes = content.Bodies.Sum(body => body.End - body.Offset);
        return new LargeProgram(content, (bytesMin / codeBytes) + 1, seed).Make();
    }

    private byte[] Make()
    {
        var module = _content.Bytes.Span;
        var result = new List<byte>(module[..HeaderBytes].ToArray());
        for (var position = HeaderBytes; position < module.Length; )
        {
            var id = module[position++];
            var size = (int)ReadU32(module, ref position);
            switch (id)
            {
                case 0:
                    // Names and debugging information, which would not fit any more.
                    break;
                case FunctionSection:
                    AddSection(result, id, FunctionTypes());
                    break;
                case CodeSection:
                    AddSection(result, id, Bodies(position));
                    break;
                default:
                    AddSection(result, id, [.. module.Slice(position, size)]);
                    break;
            }

            position += size;
        }

        return [.. result];
    }

    private List<byte> FunctionTypes()
    {
        var section = new List<byte>();
        AddU32(section, (uint)(_copies * _content.Bodies.Count));
        for (var copy = 0; copy < _copies; copy++)
        {
            foreach (var type in _content.FunctionTypes.Skip(_content.ImportedFunctions))
            {
                AddU32(section, (uint)type);
            }
        }

        return section;
    }

    private List<byte> Bodies(int position)
    {
        var section = new List<byte>();
        AddU32(section, (uint)(_copies * _content.Bodies.Count));
        ReadU32(_content.Bytes.Span, ref position);
        for (var copy = 0; copy < _copies; copy++)
        {
            var at = position;
            foreach (var body in _content.Bodies)
            {
                ReadU32(_content.Bytes.Span, ref at);
                var bytes = Body(body, at);
                AddU32(section, (uint)bytes.Count);
                section.AddRange(bytes);
                at = body.End;
            }
        }

        return section;
    }

    private List<byte> Body(FunctionBody body, int start)
    {
        var module = _content.Bytes.Span;
        var result = new List<byte>(module[start..body.Offset].ToArray());
        var reader = new InstructionReader(module, body.Offset, body.End, EngineLimits.Default);
        while (!reader.AtEnd)
        {
            reader.Read(out var instruction);
            if (instruction.Opcode == Opcode.Call && instruction.Index >= _content.ImportedFunctions)
            {
                result.Add((byte)Opcode.Call);
                AddU32(result, (uint)Called(body, instruction.Index));
            }
            else
            {
                result.AddRange(module[instruction.Offset..reader.Position]);
            }
        }

        return result;
    }

    /// <summary>
    /// All copies of a function call the same copies, so that what runs is some functions and not all that can be reached.
    /// </summary>
    private int Called(FunctionBody caller, int function)
    {
        var hash = (uint)HashCode(_seed, caller.Offset, function);
        return function + ((int)(hash % (uint)_copies) * _content.Bodies.Count);
    }

    // Not System.HashCode, which is another one in each process.
    private static int HashCode(int seed, int caller, int function)
    {
        var hash = 2_166_136_261;
        foreach (var word in (int[])[seed, caller, function])
        {
            hash = (hash ^ (uint)word) * 16_777_619;
        }
        return (int)(hash ^ (hash >> 15));
    }

    private static void AddSection(List<byte> module, byte id, List<byte> content)
    {
        module.Add(id);
        AddU32(module, (uint)content.Count);
        module.AddRange(content);
    }

    private static void AddU32(List<byte> bytes, uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }
        bytes.Add((byte)value);
    }

    private static uint ReadU32(ReadOnlySpan<byte> bytes, ref int position)
    {
        var value = 0u;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[position++];
            value |= (uint)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
