// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BlacklistToken} from "../tokens/BlacklistToken.sol";
import {FeeToken} from "../tokens/FeeToken.sol";
import {LyingToken} from "../tokens/LyingToken.sol";
import {IHook, ReentrantToken} from "../tokens/ReentrantToken.sol";
import {MarketHandler} from "./MarketHandler.sol";

/// @notice With one more action: the token takes a fee, or none.
contract FeeHandler is MarketHandler(address(new FeeToken())) {
    function spoil(uint256 seed) external counted(seed) {
        FeeToken(token).setPercent(part(seed, 0) % 4 == 0 ? part(seed, 1) % 100 : 0);
    }

    function unspoil() internal override {
        FeeToken(token).setPercent(0);
    }
}

/// @notice With one more action: the token lies, or does not.
contract LyingHandler is MarketHandler(address(new LyingToken())) {
    function spoil(uint256 seed) external counted(seed) {
        LyingToken(token).setLie(part(seed, 0) % 4 == 0, part(seed, 1) % 2 == 0);
    }

    function unspoil() internal override {
        LyingToken(token).setLie(false, true);
    }
}

/// @notice With one more action: an account is listed, or no more.
contract BlacklistHandler is MarketHandler(address(new BlacklistToken())) {
    function spoil(uint256 seed) external counted(seed) {
        BlacklistToken(token).setListed(actors[part(seed, 0) % ACTORS], part(seed, 1) % 3 == 0);
    }

    function unspoil() internal override {
        for (uint256 i = 0; i < ACTORS; i++) {
            BlacklistToken(token).setListed(actors[i], false);
        }
    }
}

/// @notice With one more action: an account acts whenever its tokens move, or no more.
contract ReentrantHandler is MarketHandler(address(new ReentrantToken())), IHook {
    bool private _isMeddling;
    uint256 public meddlings;

    function spoil(uint256 seed) external counted(seed) {
        address account = actors[part(seed, 0) % ACTORS];
        ReentrantToken(token).setHook(account, IHook(part(seed, 1) % 2 == 0 ? address(this) : address(0)));
    }

    function onMove() external {
        if (!_isMeddling) {
            _isMeddling = true;
            _meddle(part(calls, meddlings++));
            _isMeddling = false;
        }
    }

    function _meddle(uint256 seed) private {
        uint256 choice = part(seed, 50) % 8;
        if (choice == 0) deposit(seed);
        if (choice == 1) claim(seed);
        if (choice == 2) withdraw(seed);
        if (choice == 3) exit(seed);
        if (choice == 4) withdrawStake(seed);
        if (choice == 5) increaseStake(seed);
        if (choice == 6) requestWithdrawal(seed);
        if (choice == 7) slashForSettlements(seed);
    }
}
