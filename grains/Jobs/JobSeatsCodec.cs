using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of those that ran a job beside the first.</summary>
internal static class JobSeatsCodec
{
    /// <summary>The least bytes of one: with them damaged data cannot ask for much memory.</summary>
    private const int SizeMin = 66;

    public static void Write(CompactWriter writer, ImmutableArray<JobSeat> seats)
    {
        writer.Count(seats.Length);
        foreach (var seat in seats)
        {
            writer.Id(seat.Worker.Value);
            writer.Id(seat.Payee.Value);
            writer.Amount(seat.PricePerMillionFuel);
            writer.Flag(seat.Signed is not null);
            if (seat.Signed is { } signed)
            {
                RunProofCodec.WriteSignature(writer, signed);
            }
        }
    }

    public static ImmutableArray<JobSeat> Read(ref CompactReader reader)
    {
        var seats = new JobSeat[reader.Items(SizeMin)];
        for (var index = 0; index < seats.Length; index++)
        {
            var (worker, payee, price) = (new WorkerId(reader.Id()), new AccountId(reader.Id()), reader.Amount());
            seats[index] = new JobSeat(worker, payee, price, reader.Flag() ? RunProofCodec.ReadSignature(ref reader) : null);
        }
        return ImmutableArray.Create(seats);
    }
}
