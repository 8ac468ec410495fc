using System.Buffers.Binary;
using System.Security.Cryptography;
using Marketplace.Engine.Decode;
using Marketplace.Engine.Tests.Building;

namespace Marketplace.Engine.Tests;

/// <summary>
/// Every vector instruction that works on operands alone gives the same bits on every machine, with and without the processor's
/// vector instructions: the digest below is of all of them, on lanes near every edge.
/// </summary>
public sealed class VectorDigestTests(GuestThreadsFixture guests) : EngineTest(guests)
{
    private const int Rounds = 60;
    private const string Digest = "9c43394e532bc272c29825ecfaeaa6cbf44611d6f9387070a1b1975ef5cc9b63";

    private static readonly ulong[] Edges =
    [
        0,
        1,
        2,
        0x7F,
        0x80,
        0xFF,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFFF,
        0x7FFF_FFFF_FFFF_FFFF,
        0x8000_0000_0000_0000,
        0xFFFF_FFFF_FFFF_FFFF,
        0x8080_8080_8080_8080,
        0x7F7F_7F7F_7F7F_7F7F,
        0x8000_8000_8000_8000,
        0x3F80_0000_BF80_0000,
        0x7F80_0000_FF80_0000,
        0x7FC0_0000_FFC1_2345,
        0x7FA0_0000_8000_0001,
        0x4F00_0000_CF00_0000,
        0x4F7F_FFFF_4EFF_FFFF,
        0x3F00_0000_3FC0_0000,
        0x4B00_0001_CB40_0001,
        0x3FF0_0000_0000_0000,
        0xBFE0_0000_0000_0000,
        0x7FF0_0000_0000_0000,
        0xFFF0_0000_0000_0000,
        0x7FF4_0000_0000_0001,
        0xFFF8_0000_0000_1234,
        0x41DF_FFFF_FFE0_0000,
        0xC1E0_0000_0020_0000,
        0x41EF_FFFF_FFF0_0000,
        0x47EF_FFFF_F000_0000,
        0x36A0_0000_0000_0000,
        0x0010_0000_0000_0000,
    ];

    [Fact]
    public async Task AllInstructions_GiveTheBitsOfEveryMachine()
    {
        var opcodes = Enum.GetValues<Opcode>().Where(IsOnOperandsAlone).Distinct().ToArray();
        Assert.Equal(213, opcodes.Length);
        var module = new TestModule();
        foreach (var opcode in opcodes)
        {
            Add(module, opcode);
        }

        var compiled = module.Compile();
        var run = new Run(Limits(), TimeProvider.System);
        var digest = await OnGuestThread(() => DigestOf(compiled, opcodes, run));
        Assert.True(digest == Digest, $"The digest is {digest}.");
    }

    private static bool IsOnOperandsAlone(Opcode opcode) =>
        opcode is >= Opcode.V128Load and <= Opcode.F64x2ConvertLowI32x4U
        && OpcodeTable.SignatureOf(opcode) is { AccessBytes: 0, Operands: [_, ..] };

    private static void Add(TestModule module, Opcode opcode)
    {
        var signature = OpcodeTable.SignatureOf(opcode)!;
        var code = new Code();
        for (var i = 0; i < signature.Operands.Length; i++)
        {
            code.LocalGet(i);
        }

        code.Op(opcode);
        if (opcode == Opcode.I8x16Shuffle)
        {
            code.Raw(31, 0, 16, 15, 1, 1, 30, 17, 8, 9, 24, 25, 2, 18, 3, 19);
        }
        else if (signature.Lanes > 0)
        {
            code.Raw((byte)(signature.Lanes - 1));
        }

        module.Function(module.Type(signature.Operands, [signature.Result!.Value]), opcode.ToString(), code);
    }

    private static string DigestOf(CompiledModule compiled, Opcode[] opcodes, Run run)
    {
        using var instance = Instance.Instantiate(compiled, new Imports(), run);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var random = new SplitMix(2026);
        Span<byte> bytes = stackalloc byte[16];
        foreach (var opcode in opcodes)
        {
            var operands = OpcodeTable.SignatureOf(opcode)!.Operands;
            for (var round = 0; round < Rounds; round++)
            {
                var result = instance.Invoke(opcode.ToString(), [.. operands.Select(type => Operand(type, random))])[0];
                BinaryPrimitives.WriteInt64LittleEndian(bytes, result.Bits);
                BinaryPrimitives.WriteInt64LittleEndian(bytes[8..], result.HighBits);
                hash.AppendData(bytes);
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static Value Operand(WasmType type, SplitMix random) =>
        type == WasmType.V128 ? Value.FromV128(Bits(random), Bits(random)) : Value.FromBits(type, Bits(random));

    /// <summary>A number near an edge, one rotated so that other lanes get it, or any.</summary>
    private static long Bits(SplitMix random) =>
        (random.Next() % 4) switch
        {
            0 => (long)random.Next(),
            1 => (long)ulong.RotateLeft(Edges[random.Next() % (ulong)Edges.Length], 8 * (int)(random.Next() % 8)),
            _ => (long)Edges[random.Next() % (ulong)Edges.Length],
        };

    /// <summary>
    /// The same numbers in every version of the runtime (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators).
    /// </summary>
    private sealed class SplitMix(ulong state)
    {
        private ulong _state = state;

        public ulong Next()
        {
            _state += 0x9E37_79B9_7F4A_7C15;
            var mixed = (_state ^ (_state >> 30)) * 0xBF58_476D_1CE4_E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
            return mixed ^ (mixed >> 31);
        }
    }
}
