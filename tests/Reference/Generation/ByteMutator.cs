namespace Marketplace.Reference.Generation;

/// <summary>
/// Changes modules by chance: some keep their sections' lengths right, so that what is deep inside is reached, others are cut and
/// mixed anywhere.
/// </summary>
public static class ByteMutator
{
    private const int HeaderBytes = 8;

    /// <summary>Bytes that mean something: ends of numbers, opcodes that open and close, prefixes, types.</summary>
    private static readonly byte[] Telling =
    [
        0x00,
        0x01,
        0x02,
        0x03,
        0x04,
        0x05,
        0x0B,
        0x0C,
        0x0E,
        0x0F,
        0x10,
        0x11,
        0x1A,
        0x20,
        0x40,
        0x41,
        0x60,
        0x6F,
        0x70,
        0x7B,
        0x7C,
        0x7D,
        0x7E,
        0x7F,
        0x80,
        0xC0,
        0xD0,
        0xFC,
        0xFD,
        0xFE,
        0xFF,
    ];

    /// <param name="module">Not changed.</param>
    /// <param name="other">Another module, pieces of which may be put in.</param>
    public static byte[] Mutate(byte[] module, byte[] other, Dice dice)
    {
        var sections = dice.Chance(70) ? Sections(module) : [];
        if (sections.Count == 0)
        {
            return Change([.. module], other, dice).ToArray();
        }

        // One section is changed; the lengths of all are written anew.
        var chosen = dice.Next(sections.Count);
        var writer = new WasmWriter().Raw(module.AsSpan(0, HeaderBytes));
        for (var i = 0; i < sections.Count; i++)
        {
            var (id, from, length) = sections[i];
            List<byte> content = [.. module.AsSpan(from, length)];
            writer.Byte(id).Sized(new WasmWriter().Raw((i == chosen ? Change(content, other, dice) : content).ToArray()));
        }

        return writer.ToArray();
    }

    private static List<byte> Change(List<byte> bytes, byte[] other, Dice dice)
    {
        for (var changes = 1 + dice.Next(4); changes > 0 && bytes.Count > 0; changes--)
        {
            var at = dice.Next(bytes.Count);
            var length = Math.Min(1 + dice.Next(16), bytes.Count - at);
            switch (dice.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << dice.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)dice.Next(256);
                    break;
                case 2 or 3:
                    bytes[at] = dice.Pick(Telling);
                    break;
                case 4:
                    bytes.RemoveRange(at, length);
                    break;
                case 5:
                    bytes.InsertRange(at, bytes.GetRange(at, length));
                    break;
                case 6:
                    bytes.Insert(at, dice.Pick(Telling));
                    break;
                default:
                    var from = dice.Next(other.Length);
                    bytes.InsertRange(at, other.Skip(from).Take(1 + dice.Next(24)));
                    break;
            }
        }

        return bytes;
    }

    /// <returns>Nothing where the bytes do not fall into sections.</returns>
    internal static List<(byte Id, int From, int Length)> Sections(byte[] module)
    {
        var sections = new List<(byte, int, int)>();
        var at = HeaderBytes;
        while (at < module.Length)
        {
            var id = module[at++];
            long length = 0;
            for (var shift = 0; ; shift += 7)
            {
                if (at >= module.Length || shift > 28)
                {
                    return [];
                }

                length |= (long)(module[at] & 0x7F) << shift;
                if (module[at++] < 0x80)
                {
                    break;
                }
            }

            if (length > module.Length - at)
            {
                return [];
            }

            sections.Add((id, at, (int)length));
            at += (int)length;
        }

        return sections;
    }
}
