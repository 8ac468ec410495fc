using System.Text;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains.Tests;

/// <summary>
/// What a client gets of a panel is what the winners signed. What their signatures do not say, sizes, the log, the order of files, is true
/// or a winner's, and a worker that lies about it harms itself alone.
/// </summary>
public sealed class PanelOutputTests
{
    [Theory]
    [InlineData(false, false), InlineData(true, false), InlineData(false, true), InlineData(true, true)]
    public void SizeThatIsNotTheOutputs_CostsItsTellerTheVote_AndTheOthersNothing(bool isFile, bool isKept) =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var content = new byte[100_000];
            var output = market.Blobs.Put(content);
            if (isKept)
            {
                // The client keeps the same bytes already, so nothing is to be looked for.
                await market
                    .Grains.GetGrain<IBlobGrain>(output.ToString())
                    .Pin(scene.Client.Account, content.Length, null, Authority.Market);
            }
            var (liar, others) = (scene.Seats[0], scene.Seats[1..]);
            await liar.Bring(output, content.Length);
            await liar.Seal(Of(liar, content.Length - 1));
            foreach (var other in others)
            {
                await other.Bring(output, content.Length);
                await other.Seal(Of(other, content.Length));
            }
            // The liar is the first to tell.
            Assert.Contains("with another size", await liar.Tell(), StringComparison.Ordinal);
            foreach (var other in others)
            {
                Assert.Null(await other.Tell());
            }
            var view = await scene.Ended();
            Assert.Equal(JobStatus.Completed, view.Status);
            var told = isFile ? view.Output.Files[0].Size : view.Output.Size;
            Assert.Equal(content.Length, told);
            Assert.Equal((long[])[0, 10, 10], await scene.Earned());
            Assert.Equal((long[])[1, 0, 0], await scene.Faults());

            LeaseReport Of(Seat seat, long size) =>
                isFile
                    ? seat.Completed("out", [new OutputFile("a.txt", output, size)])
                    : seat.Completed("out") with
                    {
                        Output = new JobOutput(default, output, size),
                    };
        });

    [Fact]
    public void LogAndOutput_AreAWinners_AlsoWhereALoserToldFirst() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            string[] outputs = ["lie", "out", "out"];
            for (var number = 0; number < 3; number++)
            {
                var seat = scene.Seats[number];
                await seat.Seal(seat.Completed(outputs[number]) with { Log = Encoding.UTF8.GetBytes($"log {number}") });
            }
            foreach (var seat in scene.Seats)
            {
                Assert.Null(await seat.Tell());
            }
            var view = await scene.Ended();
            Assert.Equal("out", Encoding.UTF8.GetString(view.Output.Inline.Span));
            Assert.Equal("log 1", Encoding.UTF8.GetString((await market.Job(scene.Job).GetLog(scene.Client)).Span));
            Assert.Equal((long[])[0, 10, 10], await scene.Earned());
        });

    /// <summary>What is signed is by name; the order in which it is told says nothing.</summary>
    [Fact]
    public void Files_StandByName_InWhateverOrderTheyAreTold() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var blob = market.Blobs.Put("content"u8.ToArray());
            foreach (var seat in scene.Seats)
            {
                await seat.Bring(blob, 7);
                await seat.Seal(seat.Completed("out", [new OutputFile("b.txt", blob, 7), new OutputFile("a.txt", blob, 7)]));
            }
            foreach (var seat in scene.Seats)
            {
                Assert.Null(await seat.Tell());
            }
            var view = await scene.Ended();
            Assert.Equal(["a.txt", "b.txt"], view.Output.Files.Select(file => file.Name));
        });

    /// <summary>The bytes of a result that most have signed are gone: none of them has lied.</summary>
    [Fact]
    public void OutputThatTheStoreHasLost_BlamesNone_AndTheJobRunsAgain() =>
        TestMarket.Run(async market =>
        {
            var scene = await Scene.Of(market);
            var output = market.Blobs.Put(new byte[100_000]);
            foreach (var seat in scene.Seats)
            {
                await seat.Bring(output, 100_000);
                await seat.Seal(seat.Completed("out") with { Output = new JobOutput(default, output, 100_000) });
            }
            market.Disk.Blobs.Remove(output);
            foreach (var seat in scene.Seats)
            {
                await seat.Tell();
            }
            await market.Settle();
            Assert.Equal((long[])[0, 0, 0], await scene.Faults());
            foreach (var seat in scene.Seats)
            {
                await seat.Take();
                await seat.Seal(seat.Completed("out"));
            }
            foreach (var seat in scene.Seats)
            {
                Assert.Null(await seat.Tell());
            }
            Assert.Equal(JobStatus.Completed, (await scene.Ended()).Status);
            await market.Settle();
            Assert.Equal((long[])[0, 0, 0], await scene.Faults());
        });

    /// <summary>A job of three seats, which three workers have, in this order.</summary>
    private sealed class Scene(TestMarket market, Caller client, JobId job, Seat[] seats)
    {
        public Caller Client => client;

        public JobId Job => job;

        public Seat[] Seats => seats;

        public static async Task<Scene> Of(TestMarket market)
        {
            var client = await market.OpenAccount("client");
            var program = await market.Deploy(client);
            var seats = new List<Seat>();
            for (var number = 0; number < 3; number++)
            {
                await market.AddKey($"{number}");
                var worker = new TestWorker(market, $"{number}", price: 10, slots: 4);
                await worker.Offer();
                seats.Add(new Seat(worker));
            }
            var item = TestMarket.Item("job", program, price: 90);
            var spec = item.Spec with { Assurance = Assurance.Quorum(2, 3) };
            var job = Assert.Single(await market.Submit(client, item with { Spec = spec })).Job;
            foreach (var seat in seats)
            {
                await seat.Take();
            }
            return new Scene(market, client, job, [.. seats]);
        }

        public async Task<JobView> Ended()
        {
            var view = await market.Job(job).WaitEnded(client, TimeSpan.FromSeconds(60), default);
            // Until outcomes have reached the reputations as well.
            await Task.Delay(TimeSpan.FromMinutes(1), market.Time);
            return view;
        }

        public async Task<long[]> Earned()
        {
            var views = await Task.WhenAll(Enumerable.Range(0, 3).Select(number => market.Account($"{number}").Get()));
            return [.. views.Select(view => (long)view.Available.BaseUnits)];
        }

        public async Task<long[]> Faults() =>
            [.. (await Task.WhenAll(seats.Select(seat => seat.Reputation(market).Get(caller: null)))).Select(view => view.Faulted)];
    }

    private sealed class Seat(TestWorker worker)
    {
        private Lease _lease = null!;
        private LeaseReport _kept = null!;

        public async Task Take() => _lease = await worker.TakeOne();

        /// <summary>As a worker's link does: the length is checked with the bytes.</summary>
        public async Task Bring(BlobId output, long size)
        {
            await worker.Grain.BeginOutput(worker.Call(_lease), output, size);
            await worker.Grain.AddOutput(worker.Call(_lease), output);
        }

        public LeaseReport Completed(string output, OutputFile[]? files = null)
        {
            var report = worker.Completed(_lease, output, fuel: 1_000_000);
            return files is null ? report : report with { Output = report.Output with { Files = [.. files] } };
        }

        public async Task Seal(LeaseReport report) => _kept = await worker.Seal(_lease, report);

        /// <returns>Why it does not count; null: it does.</returns>
        public async Task<string?> Tell()
        {
            while (!(await worker.Poll()).Reveals.Contains(_lease.Id)) { }
            return (await worker.Report(_kept)).FirstOrDefault().Reason;
        }

        public IReputationGrain Reputation(TestMarket market) =>
            market.Grains.GetGrain<IReputationGrain>(ReputationKeys.OfWorker(worker.Id));
    }
}
