using Marketplace.Engine;
using Marketplace.Engine.Decode;

namespace Marketplace.Reference.Generation;

/// <summary>Makes a module that shows something smaller, as long as it shows it, so that a person can read what is left.</summary>
public static class Shrinker
{
    private const int CodeSection = 10;
    private const int HeaderBytes = 8;

    /// <summary>What may stand for one instruction: less or other operands, a constant, nothing.</summary>
    private static readonly byte[][] Substitutes = MakeSubstitutes();

    /// <param name="fails">Whether a module still shows it; asked only for valid modules.</param>
    /// <param name="triesMax">Valid modules to ask for.</param>
    public static GeneratedModule Shrink(GeneratedModule module, Func<GeneratedModule, bool> fails, int triesMax)
    {
        var bodies = Bodies(module.Bytes);
        var tries = 0;
        for (var body = 0; body < bodies.Count; body++)
        {
            // Nothing of a function at first, then less and less of it at once.
            Try(body, 0, bodies[body].Code.Count - 1, [(byte)Opcode.Unreachable]);
        }

        var changed = true;
        while (changed && tries < triesMax)
        {
            changed = false;
            for (var body = 0; body < bodies.Count; body++)
            {
                for (var length = 64; length > 0; length /= 2)
                {
                    for (var at = 0; at + length < bodies[body].Code.Count; at++)
                    {
                        changed |= Try(body, at, length, []) || (length == 1 && Substitutes.Any(other => Try(body, at, 1, other)));
                    }
                }
            }
        }

        return module;

        bool Try(int body, int at, int length, byte[] substitute)
        {
            var code = bodies[body].Code;
            if (tries >= triesMax || length < 1 || (length == 1 && substitute.Length >= code[at].Length))
            {
                return false;
            }

            List<byte[]> shorter = [.. code[..at], .. Split(substitute), .. code[(at + length)..]];
            var candidate = Write(module.Bytes, [.. bodies[..body], (bodies[body].Locals, shorter), .. bodies[(body + 1)..]]);
            if (candidate.Length > module.Bytes.Length || !IsValid(candidate))
            {
                return false;
            }

            tries++;
            var smaller = module with { Bytes = candidate };
            if (!fails(smaller))
            {
                return false;
            }

            (module, bodies[body]) = (smaller, (bodies[body].Locals, shorter));
            return true;
        }
    }

    private static byte[][] MakeSubstitutes()
    {
        byte[][] constants =
        [
            [],
            .. Enum.GetValues<WasmType>()
                .Select(type =>
                {
                    var writer = new WasmWriter();
                    FunctionGenerator.WriteConstant(writer, type, 0);
                    return writer.ToArray();
                }),
        ];
        return
        [
            .. from drops in Enumerable.Range(0, 4)
            from constant in constants
            select Enumerable.Repeat((byte)Opcode.Drop, drops).Concat(constant).ToArray(),
        ];
    }

    private static bool IsValid(byte[] module)
    {
        try
        {
            WasmModule.Decode(module, EngineLimits.Default);
            return true;
        }
        catch (InvalidModuleException)
        {
            return false;
        }
    }

    private static List<(byte[] Locals, List<byte[]> Code)> Bodies(byte[] module)
    {
        var content = WasmModule.Decode(module, EngineLimits.Default).Content;
        return [.. content.Bodies.Select(body => (Locals(body), Instructions(module, body.Offset, body.End)))];
    }

    private static byte[] Locals(FunctionBody body)
    {
        var writer = new WasmWriter().Index(body.Locals.Length);
        foreach (var (count, type) in body.Locals)
        {
            writer.Index(count).Type(type);
        }

        return writer.ToArray();
    }

    private static List<byte[]> Split(byte[] code) => Instructions(code, 0, code.Length);

    private static List<byte[]> Instructions(byte[] bytes, int from, int to)
    {
        var instructions = new List<byte[]>();
        var reader = new InstructionReader(bytes, from, to, EngineLimits.Default);
        while (!reader.AtEnd)
        {
            var begin = reader.Position;
            reader.Read(out _);
            instructions.Add(bytes[begin..reader.Position]);
        }

        return instructions;
    }

    /// <summary>The module with another code section.</summary>
    private static byte[] Write(byte[] module, IReadOnlyList<(byte[] Locals, List<byte[]> Code)> bodies)
    {
        var writer = new WasmWriter().Raw(module.AsSpan(0, HeaderBytes));
        foreach (var (id, from, length) in ByteMutator.Sections(module))
        {
            if (id == CodeSection)
            {
                writer.Section(
                    CodeSection,
                    [
                        .. bodies.Select(body =>
                        {
                            var content = new WasmWriter().Raw(body.Locals);
                            body.Code.ForEach(instruction => content.Raw(instruction));
                            return new WasmWriter().Sized(content);
                        }),
                    ]
                );
            }
            else
            {
                writer.Byte(id).Sized(new WasmWriter().Raw(module.AsSpan(from, length)));
            }
        }

        return writer.ToArray();
    }
}
