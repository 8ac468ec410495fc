using System.Collections;
using System.Reflection;

namespace Marketplace.Tests.Orleans.Serialization;

/// <summary>Whether every value inside of something that arrived could have been made by its own constructor and text form.</summary>
internal static class WireSoundness
{
    public static void Check(object? arrived, string what)
    {
        switch (arrived)
        {
            case null or string or ReadOnlyMemory<byte> or DateTimeOffset or TimeSpan or UInt128 or Enum or Exception:
                return;
            case IList items:
                if (!(bool)items.GetType().GetProperty("IsDefault")!.GetValue(items)!)
                {
                    foreach (var item in items)
                    {
                        Check(item, what);
                    }
                }

                return;
            default:
                if (arrived.GetType().IsPrimitive)
                {
                    return;
                }
                if (WireTypes.Converted.Contains(arrived.GetType()))
                {
                    AssertMadeByItsConstructor(arrived, what);
                }
                else
                {
                    CheckMembers(arrived, what);
                }
                return;
        }
    }

    /// <summary>The constructor that the converter must call, called with what is inside.</summary>
    private static void AssertMadeByItsConstructor(object value, string what)
    {
        var again = value switch
        {
            Bytes32 bytes => new Bytes32(bytes.ToArray()),
            LeaseId lease => new LeaseId(lease.Start, lease.Sequence),
            TokenAmount amount => new TokenAmount(amount.BaseUnits),
            EvmAddress address => new EvmAddress(address.ToWord().ToArray().AsSpan(Bytes32.Size - EvmAddress.Size)),
            Assurance assurance => Assurance.Parse(assurance.ToString()),
            _ => Activator.CreateInstance(value.GetType(), value.GetType().GetProperty("Value")!.GetValue(value)),
        };
        Assert.True(value.Equals(again), $"{what}: {value} is not what its constructor makes.");
    }

    private static void CheckMembers(object record, string what)
    {
        foreach (var field in record.GetType().GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance))
        {
            Check(field.GetValue(record), what);
        }
    }
}
