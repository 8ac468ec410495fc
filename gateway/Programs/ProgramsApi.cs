using System.Text;
using Marketplace.Crypto;
using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>Programs: deployed once, never changed, run by every account that knows the id, until their deployers remove them.</summary>
internal static class ProgramsApi
{
    /// <summary>'blob' and eight digits: enough to tell modules apart by eye.</summary>
    private const int NameCharactersUsual = 12;

    public static void MapProgramsApi(this IEndpointRouteBuilder routes)
    {
        var programs = routes.MapGroup("").WithTags("Programs");
        programs
            .MapPost(Routes.Programs, Deploy)
            .WithName("DeployProgram")
            .Needs(Scopes.Deploy)
            .TakesJson(typeof(ProgramRequest), GatewayPolicy.SmallBodyBytesMax)
            .Creates<DeployedProgram>()
            .Refuses(ErrorCode.BlobNotFound, ErrorCode.InvalidModule, ErrorCode.BlobDamaged, ErrorCode.QuotaExceeded);
        programs
            .MapGet(Routes.Programs, List)
            .WithName("ListPrograms")
            .Needs(Scopes.Read)
            .TakesQuery(Pages.Prefix, Pages.Cursor, Pages.Limit)
            .Holds(GatewayPolicy.ProgramsAnswerBytes)
            .AnswersLong();
        programs.MapGet($"{Routes.Programs}/{{program}}", Get).WithName("GetProgram").Needs(Scopes.Read).Refuses(ErrorCode.ProgramNotFound);
        programs
            .MapDelete($"{Routes.Programs}/{{program}}", Remove)
            .WithName("RemoveProgram")
            .Needs(Scopes.Deploy)
            .Produces(StatusCodes.Status204NoContent)
            .Refuses(ErrorCode.ProgramNotFound, ErrorCode.ProgramInUse);
    }

    /// <summary>Deploys a module that the account has uploaded. The same module and salt again give the same program.</summary>
    internal static async Task<JsonAnswer<DeployedProgram>> Deploy(HttpContext http, IGrainFactory grains)
    {
        var request = await RequestReader.Body(http, RequestReader.Json.ProgramRequest);
        var salt = request.Salt ?? default;
        if (salt.Length > ProgramLimits.SaltBytesMax)
        {
            throw new MarketException(
                ErrorCode.LimitExceeded,
                GatewayMessages.TextTooLong("salt", salt.Length, ProgramLimits.SaltBytesMax)
            );
        }
        // A program without a name could not be told from others in a list, and the market takes none.
        var name = request.Name ?? request.Module.ToString()[..NameCharactersUsual];
        var nameBytes = Encoding.UTF8.GetByteCount(name);
        if (nameBytes > MarketLimits.NameBytesMax)
        {
            throw new MarketException(ErrorCode.LimitExceeded, GatewayMessages.TextTooLong("name", nameBytes, MarketLimits.NameBytesMax));
        }
        var id = IdDerivation.Program(request.Module, salt.Span);
        var deployment = new ProgramDeployment(request.Module, salt, name);
        var view = await grains.GetGrain<IProgramGrain>(id.ToString()).Deploy(http.Caller(), deployment).WaitAsync(http.RequestAborted);
        return Answer.Created(StorageMapper.ToProgram(view), ApiJson.Default.DeployedProgram, Routes.Program(view.Id));
    }

    /// <summary>One program, also of other accounts.</summary>
    internal static async Task<JsonAnswer<DeployedProgram>> Get(HttpContext http, string program, IGrainFactory grains)
    {
        var view = await grains.GetGrain<IProgramGrain>(RequestReader.Program(program).ToString()).Get().WaitAsync(http.RequestAborted);
        return Answer.Ok(StorageMapper.ToProgram(view), ApiJson.Default.DeployedProgram);
    }

    /// <summary>
    /// Removes a program that the account has deployed. Refused while the account's jobs of the program have not ended, unless another
    /// account has deployed it too: then it stays for that account. The module counts against the storage quota until no other job needs
    /// it. The program's state is kept.
    /// </summary>
    internal static async Task<IResult> Remove(HttpContext http, string program, IGrainFactory grains)
    {
        await grains
            .GetGrain<IProgramGrain>(RequestReader.Program(program).ToString())
            .Remove(http.Caller())
            .WaitAsync(http.RequestAborted);
        return TypedResults.NoContent();
    }

    /// <summary>The programs that the account has deployed, newest first.</summary>
    internal static async Task<StreamedAnswer<Page<DeployedProgram>, DeployedProgram>> List(
        HttpContext http,
        IAccountLists lists,
        IGrainFactory grains,
        TimeProvider time
    )
    {
        var page = await Pages.Read(http, lists, time, lists.Programs, ProgramId.Prefix);
        return new StreamedAnswer<Page<DeployedProgram>, DeployedProgram>
        {
            List = Pages.Items,
            Count = page.Items.Count,
            GroupItems = GatewayPolicy.ProgramsPerGroup,
            Form = ApiJson.Default.DeployedProgram,
            // One that was removed since the list was read is left out.
            Make = index => Find(grains.GetGrain<IProgramGrain>(page.Items[index].ToString())),
            End = json => Pages.WriteNext(json, PageCursor.Write(page.Next)),
        };
    }

    private static async Task<DeployedProgram?> Find(IProgramGrain program)
    {
        try
        {
            return StorageMapper.ToProgram(await program.Get());
        }
        catch (MarketException removed) when (removed.Code == ErrorCode.ProgramNotFound)
        {
            return null;
        }
    }
}
