using System.Globalization;
using System.Numerics;
using System.Text;

namespace Marketplace.Chain;

/// <summary>Addresses as account numbers of banks (ICAP): XE, two check digits (ISO 13616), and the address in base 36.</summary>
public static class IcapAddresses
{
    private const string Country = "XE";
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    private const int DigitsMin = 30;

    /// <summary>34 characters; 35 of the addresses of which 30 digits are too few.</summary>
    public static string ToIcap(this EvmAddress address)
    {
        var number = new BigInteger(address.ToWord().ToArray(), isUnsigned: true, isBigEndian: true);
        var digits = new StringBuilder();
        for (; number > 0; number /= Digits.Length)
        {
            digits.Insert(0, Digits[(int)(number % Digits.Length)]);
        }
        var account = digits.ToString().PadLeft(DigitsMin, '0');
        return $"{Country}{98 - Remainder(account + Country + "00"):00}{account}";
    }

    /// <summary>Of the decimal number in which each letter stands for 10 to 35 (ISO 7064, MOD 97-10).</summary>
    private static int Remainder(string text) =>
        (int)(
            BigInteger.Parse(
                string.Concat(text.Select(character => Digits.IndexOf(character, StringComparison.Ordinal))),
                CultureInfo.InvariantCulture
            ) % 97
        );
}
