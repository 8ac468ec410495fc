using Marketplace.Grains;
using Npgsql;

namespace Marketplace.Verify.Leaders;

/// <summary>What is proposed to committees and not certified, as the database has it.</summary>
internal sealed class Proposals(string connectionString)
{
    /// <summary>Those of the jobs whose ends are proposed while they are open.</summary>
    public async Task<IReadOnlyList<JobId>> Find(IReadOnlyCollection<JobId> jobs)
    {
        const string Query = "select id, content from market.documents where kind = @kind and id = any(@ids)";
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(Query, connection)
        {
            Parameters = { new("kind", JobStateCodec.Kind), new("ids", jobs.Select(job => job.ToString()).ToArray()) },
        };
        await using var rows = await command.ExecuteReaderAsync();
        var found = new List<JobId>();
        while (await rows.ReadAsync())
        {
            if (JobStateCodec.Read(rows.GetFieldValue<byte[]>(1)) is { Ending: null, Proposed: not null })
            {
                found.Add(JobId.Parse(rows.GetString(0)));
            }
        }
        return found;
    }
}
