using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>The stored form of those that ran a job beside the first, and of what a committee signed.</summary>
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

    public static void Write(CompactWriter writer, JobCertificate certificate)
    {
        writer.Number(certificate.Epoch);
        writer.Id(certificate.Root);
        writer.Number(certificate.LeftSides);
        writer.Count(certificate.Path.Length);
        foreach (var neighbour in certificate.Path)
        {
            writer.Id(neighbour);
        }
    }

    public static JobCertificate ReadCertificate(ref CompactReader reader)
    {
        var (epoch, root, leftSides) = (reader.Number(), reader.Id(), reader.Number());
        if (leftSides > uint.MaxValue)
        {
            throw new InvalidDataException($"A job's certificate has the sides {leftSides}, which no version of this code writes.");
        }
        var path = new Bytes32[reader.Items(Bytes32.Size)];
        for (var step = 0; step < path.Length; step++)
        {
            path[step] = reader.Id();
        }
        return new JobCertificate(epoch, root, ImmutableArray.Create(path), (uint)leftSides);
    }
}
