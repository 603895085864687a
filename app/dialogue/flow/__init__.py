"""The sales methods: their frozen values and files (`flows/`), what is wrong with one, the way through the stages."""
