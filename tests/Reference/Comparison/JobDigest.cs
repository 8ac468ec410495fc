using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Marketplace.Reference.Generation;

namespace Marketplace.Reference.Comparison;

/// <summary>A hash of all that can be seen of a module's run: ends, results, fuel, calls of the host, memory, globals and tables.</summary>
public static class JobDigest
{
    /// <param name="engine">Made for <paramref name="module"/>; used on a guest thread.</param>
    /// <returns>64 digits and the fuel of the run.</returns>
    public static (string Hash, long Fuel) Of(GeneratedModule module, IEngineUnderTest engine)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var last = Add(engine.Begin());
        foreach (var call in module.Calls)
        {
            if (last.End.StartsWith("not linked", StringComparison.Ordinal) || (last.Call == "start" && last.End != "ok"))
            {
                break;
            }

            last = Add(engine.Call(call));
        }

        return (Convert.ToHexStringLower(hash.GetHashAndReset()), last.Fuel);

        CallOutcome Add(CallOutcome outcome)
        {
            var state = engine.State();
            hash.AppendData(
                Encoding.UTF8.GetBytes(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{outcome.Call}\n{outcome.End}\n{outcome.Results}\n{outcome.Fuel} {outcome.Trace:x} {outcome.MemoryRefused}\n"
                    )
                )
            );
            hash.AppendData(Encoding.UTF8.GetBytes(state.Values));
            hash.AppendData(state.Memory);
            return outcome;
        }
    }
}
