using System.Text.Json;

namespace Marketplace.Crypto.Tests;

/// <summary>Digits in vector files, with or without 0x; coefficients of Fp2 with a comma between.</summary>
internal static class Hex
{
    public static byte[] Bytes(JsonElement text)
    {
        var digits = text.GetString()!;
        return Convert.FromHexString(digits.StartsWith("0x", StringComparison.Ordinal) ? digits[2..] : digits);
    }

    public static IEnumerable<byte[]> All(JsonElement list) => list.EnumerateArray().Select(Bytes);

    public static string Of(in Fp value)
    {
        var bytes = new byte[Fp.Size];
        Fp.Write(in value, bytes);
        return "0x" + Convert.ToHexStringLower(bytes);
    }

    public static string Of(in Fp2 value) => Of(value.C0) + "," + Of(value.C1);
}
