using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests.Support;

/// <summary>Jobs as the tests order them; apart from the rest, because long runs outside of the test runner use them too.</summary>
internal sealed partial class TestMarket
{
    public static SubmitItem Item(string requestId, ProgramId program, long price = 100, string input = "in") =>
        new(requestId, Spec(program, price, input));

    public static GrainInterfaces.JobSpec Spec(ProgramId program, long price = 100, string input = "in") =>
        new(
            Program: program,
            EntryPoint: null,
            Input: Encoding.UTF8.GetBytes(input),
            InputBlob: null,
            Arguments: [],
            FuelMax: 1_000_000,
            MemoryPagesMax: 16,
            TimeMax: TimeSpan.FromSeconds(10),
            PriceMax: new TokenAmount((UInt128)price),
            RetriesMax: 2,
            ExpiresAfter: TimeSpan.FromMinutes(10)
        );
}
