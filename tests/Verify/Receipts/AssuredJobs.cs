using Marketplace.Receipts;
using Marketplace.Tests;
using Marketplace.Verify.Workers;

namespace Marketplace.Verify.Receipts;

/// <summary>Jobs that several workers run: a real silo without a worker of its own, and worker processes with stakes.</summary>
internal static class AssuredJobs
{
    private const int Workers = 4;
    private const string Stake = "1000";

    /// <summary>So many end about the same time that their receipts share a committee's signature.</summary>
    private const int Batch = 20;

    private static readonly TimeSpan EpochWithin = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    private static readonly string[] SiloArguments =
    [
        "--worker",
        "false",
        "--epoch",
        "1440",
        "--epoch-shares",
        "20",
        "--committee-stake",
        Stake,
    ];

    private static readonly string[] Levels = ["audit:100%", "quorum:2/3", "committee:4"];

    public static async Task<IReadOnlyList<JobReceipt>> Run(string folder)
    {
        var data = Path.Combine(folder, "silo");
        await using var silo = await SiloProcess.Start(data, CancellationToken.None, SiloArguments);
        await using var client = silo.Client();
        var url = new DataFolder(data).ReadUrl();
        await using var crew = new Crew($"{url}", folder, Workers, slots: 2, isolation: "auto");
        await crew.Start();
        await crew.Serve(client, url, TokenAmount.Parse(Stake), EpochWithin);
        await using var module = File.OpenRead(ReceiptJobs.ModulePath("echo"));
        var echo = (await client.Programs.Deploy(module, "echo")).Id;
        var receipts = new List<JobReceipt>();
        foreach (var level in Levels)
        {
            var assurance = Assurance.Parse(level);
            var items = await client.Jobs.SubmitBatch([
                .. Enumerable
                    .Range(0, Batch)
                    .Select(number => new JobRequest
                    {
                        RequestId = $"{level} {number}",
                        Program = echo,
                        InputText = $"job {number}",
                        FuelMax = 10_000_000,
                        PriceMax = new TokenAmount(1_000),
                        Assurance = assurance,
                    }),
            ]);
            foreach (var item in items)
            {
                await client.Jobs.Wait(item.Id).WaitAsync(WaitMax);
                receipts.Add(new JobReceipt(level, await client.Jobs.Receipt(item.Id)));
            }
        }
        return receipts;
    }

    /// <returns>What is wrong with it beside what any verifier finds; null where nothing is.</returns>
    public static string? Refusal(JobReceipt job)
    {
        var (receipt, seats) = (job.File.Receipt, Assurance.Parse(job.Kind).Seats);
        var isOfCommittee = Assurance.Parse(job.Kind).Kind == AssuranceKind.Committee;
        return receipt.State != "completed" ? $"is of a job that is {receipt.State}"
            : receipt.Assurance != job.Kind ? $"is of the assurance {receipt.Assurance}"
            : receipt.Seats.Count < 2 || receipt.Seats.Count > seats ? $"has {receipt.Seats.Count} seats"
            : receipt.Seats.Select(seat => seat.Worker).Distinct().Count() != receipt.Seats.Count ? "has a worker twice"
            : isOfCommittee != job.File.Certificate is not null ? "has a certificate or has none"
            : null;
    }
}
