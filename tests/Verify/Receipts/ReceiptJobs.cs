using System.Text;
using Marketplace.Receipts;
using Marketplace.Tests;

namespace Marketplace.Verify.Receipts;

/// <param name="Kind">How its job ended, or what it had.</param>
/// <param name="File">The receipt as the silo gave it.</param>
internal sealed record JobReceipt(string Kind, ReceiptFile File);

/// <summary>Jobs of all kinds of ends, run by a real silo, with their receipts.</summary>
internal sealed class ReceiptJobs(MarketplaceClient client)
{
    private const long FuelMax = 50_000_000;
    private const long EndlessFuelMax = 1_000_000_000_000;

    /// <summary>So many end about the same time that workers sign some of them together.</summary>
    private const int Batch = 60;

    /// <summary>The silo's worker has one slot, so that a job can wait.</summary>
    public static readonly string[] SiloArguments = ["--worker-slots", "1"];

    /// <summary>States and outcomes of which there must be a receipt.</summary>
    public static readonly string[] Needed =
    [
        "completed/completed",
        "failed/trapped",
        "failed/failed",
        "failed/out_of_fuel",
        "failed/out_of_memory",
        "failed/output_too_large",
        "timed_out/timed_out",
        "cancelled/not_run",
        "expired/not_run",
    ];

    private static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    private readonly List<JobReceipt> _receipts = [];
    private int _count;

    public async Task<IReadOnlyList<JobReceipt>> Run()
    {
        var echo = await Deploy("echo");
        var faulty = await Deploy("faulty");
        var store = await Deploy("kvstore");
        var notes = await client.Blobs.Put("one\ntwo\n"u8.ToArray());
        var large = await client.Blobs.Put(Encoding.UTF8.GetBytes(new string('a', 100_000)));

        await Ended("completed", Job(echo, "hello"));
        await Ended("that others may take", Job(echo, "hello") with { Reuse = true });
        await Ended("answered", Job(echo, "hello") with { Reuse = true, FuelMax = FuelMax + 1 });
        await Ended("large input and output", Job(echo, null) with { InputBlob = large.Id });
        await Ended(
            "arguments and environment",
            Job(echo, "hello") with
            {
                Arguments = ["--grüße", "\"\\\u0001\u007f\u2028😀", ""],
                Environment = new Dictionary<string, string> { ["Z"] = "=\t\n", ["A"] = "ä" },
            }
        );
        await Ended(
            "files",
            Job(await Deploy("catalog"), null) with
            {
                InputFiles = new Dictionary<string, BlobId> { ["texts/notes"] = notes.Id, ["a"] = large.Id },
            }
        );
        await Ended("state", Job(store, """{"op":"put","key":"k","data_base64":"eA=="}"""));
        await Ended("state that is read", Job(store, """{"op":"get","key":"k"}"""));
        foreach (var fault in (string[])["unreachable", "divide", "exit 3", "exit 255", "memory", "output"])
        {
            await Ended(fault, Job(faulty, fault));
        }
        await Ended("out of fuel", Job(faulty, "loop") with { FuelMax = 1_000_000 });
        await Ended("timed out", Job(faulty, "loop") with { FuelMax = EndlessFuelMax, TimeMaxMs = 100 });
        await Stopped(echo, faulty);
        await Together(echo);
        return _receipts;
    }

    public static string ModulePath(string name) => Path.Combine(AppContext.BaseDirectory, "programs", name, $"{name}.wasm");

    /// <summary>One job runs without end: of those behind it one is cancelled and one expires; then it is cancelled itself.</summary>
    private async Task Stopped(ProgramId echo, ProgramId faulty)
    {
        var endless = await client.Jobs.Submit(Job(faulty, "loop") with { FuelMax = EndlessFuelMax });
        while ((await client.Jobs.Get(endless.Id)).State != JobState.Running)
        {
            await Task.Delay(5);
        }
        var waiting = await client.Jobs.Submit(Job(echo, "waits"));
        await client.Jobs.Cancel(waiting.Id);
        await Keep("cancelled while it waited", waiting.Id);
        await Ended("expired", Job(echo, "waits too long") with { ExpiresAfterMs = 100 });
        await client.Jobs.Cancel(endless.Id);
        await Keep("cancelled while it ran", endless.Id);
    }

    private async Task Together(ProgramId echo)
    {
        var items = await client.Jobs.SubmitBatch([.. Enumerable.Range(0, Batch).Select(number => Job(echo, $"job {number}"))]);
        foreach (var item in items)
        {
            await Keep("one of many", item.Id);
        }
    }

    private async Task Ended(string kind, JobRequest request) => await Keep(kind, (await client.Jobs.Submit(request)).Id);

    private async Task Keep(string kind, JobId job)
    {
        await client.Jobs.Wait(job).WaitAsync(WaitMax);
        _receipts.Add(new JobReceipt(kind, await client.Jobs.Receipt(job)));
    }

    private async Task<ProgramId> Deploy(string name)
    {
        await using var module = File.OpenRead(ModulePath(name));
        return (await client.Programs.Deploy(module, name)).Id;
    }

    private JobRequest Job(ProgramId program, string? input) =>
        new()
        {
            RequestId = $"receipt-{_count++}",
            Program = program,
            InputText = input,
            FuelMax = FuelMax,
            PriceMax = new TokenAmount(2_000_000),
        };
}
