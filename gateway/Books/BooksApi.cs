using Marketplace.GrainInterfaces;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Marketplace.Gateway;

/// <summary>For operators: whether the money of all accounts adds up.</summary>
internal static class BooksApi
{
    public static void MapBooksApi(this IEndpointRouteBuilder routes)
    {
        var books = routes.MapGroup("").WithTags("Books").Needs(Scopes.Admin);
        books.MapGet(Routes.Books, Get).WithName("GetBooks");
        books.MapPost(Routes.Books, Check).WithName("CheckBooks");
    }

    /// <summary>What the last check of the books came to; each silo makes one when it starts.</summary>
    internal static JsonAnswer<CheckedBooks> Get(IBookCheck books) =>
        Answer.Ok(AccountMapper.ToBooks(books.Status), ApiJson.Default.CheckedBooks);

    /// <summary>Has a check made in the background that begins after the call, and answers what the last one came to.</summary>
    internal static JsonAnswer<CheckedBooks> Check(IBookCheck books)
    {
        books.Begin();
        return Get(books);
    }
}
